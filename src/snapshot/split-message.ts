import type { Split } from '../model/split.ts';

/** A split as it travels on the splits topic: JSON with tokens as decimal text. */
export function encodeSplit(split: Split): Buffer {
  const { id, table, tableId, range } = split;
  return Buffer.from(JSON.stringify({ id, table, tableId, start: `${range.start}`, end: `${range.end}` }));
}

/** Throws a SyntaxError for what is no split. */
export function decodeSplit(payload: Buffer): Split {
  const part: Record<string, unknown> = JSON.parse(payload.toString());
  const { id, table, tableId, start, end } = part ?? {};
  const isText = [id, table, tableId, start, end].every((value) => typeof value === 'string');
  if (!isText) throw new SyntaxError(`a message on the splits topic is no split: ${payload.toString().slice(0, 200)}`);
  return {
    id: id as string,
    table: table as string,
    tableId: tableId as string,
    range: { start: BigInt(start as string), end: BigInt(end as string) },
  };
}
