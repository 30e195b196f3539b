import type { RowPlace, Split } from '../model/split.ts';

/** A split as it travels on the splits topic: JSON with tokens as decimal text and keys as hex. */
export function encodeSplit(split: Split): Buffer {
  const { id, table, tableId, range, behind } = split;
  const stretch = { id, table, tableId, start: `${range.start}`, end: `${range.end}` };
  return Buffer.from(JSON.stringify({ ...stretch, ...(behind && { behind: writtenPlace(behind) }) }));
}

export function splitMessage(split: Split): {
  readonly payload: Buffer;
  readonly properties: { readonly split: string };
} {
  return { payload: encodeSplit(split), properties: { split: split.id } };
}

/** Throws a SyntaxError for what is no split. */
export function decodeSplit(payload: Buffer): Split {
  const part: Record<string, unknown> = JSON.parse(payload.toString());
  const { id, table, tableId, start, end, behind } = part ?? {};
  const isText = [id, table, tableId, start, end].every((value) => typeof value === 'string');
  if (!isText) throw new SyntaxError(`a message on the splits topic is no split: ${payload.toString().slice(0, 200)}`);
  return {
    id: id as string,
    table: table as string,
    tableId: tableId as string,
    range: { start: BigInt(start as string), end: BigInt(end as string) },
    ...(behind !== undefined && { behind: readPlace(behind as WrittenPlace) }),
  };
}

interface WrittenPlace {
  readonly partitionKey: readonly string[];
  readonly clustering?: readonly string[];
}

function writtenPlace({ partitionKey, clustering }: RowPlace): WrittenPlace {
  const hex = (values: readonly Buffer[]) => values.map((value) => value.toString('hex'));
  return { partitionKey: hex(partitionKey), ...(clustering && { clustering: hex(clustering) }) };
}

function readPlace({ partitionKey, clustering }: WrittenPlace): RowPlace {
  const bytes = (values: readonly string[]) => values.map((value) => Buffer.from(value, 'hex'));
  return { partitionKey: bytes(partitionKey), ...(clustering && { clustering: bytes(clustering) }) };
}
