import { type ComparedTable, differingRows, pendingRows } from '../model/difference.ts';

interface ReportLines {
  readonly tables: readonly ComparedTable[];
  readonly scope?: string | undefined;
  readonly otherPartitioner?: string | undefined;
}

/** A line a table, and a last one that says the result; before them, where it was not everything or not as usual, what was compared and how. */
export function reportText({ tables, scope, otherPartitioner }: ReportLines): string {
  const differing = differingRows(tables);
  const pending = pendingRows(tables);
  const head = [
    ...(scope === undefined ? [] : [`compared: ${scope}`]),
    ...(otherPartitioner === undefined ? [] : [lookUpText(otherPartitioner)]),
  ];
  return `${[...head, ...tables.map(tableText), resultText(differing, pending)].join('\n')}\n`;
}

export function lookUpText(otherPartitioner: string): string {
  return `compared by look-ups of the keys, since the target has ${otherPartitioner}`;
}

function tableText(table: ComparedTable): string {
  const counts = `${table.sourceRows} rows on the source, ${table.targetRows} on the target`;
  const found = [
    [table.missing, 'missing'],
    [table.extra, 'extra'],
    [table.mismatched, 'mismatched'],
    [table.pending, 'pending'],
  ].filter(([count]) => count !== 0);
  return `${table.table}: ${counts}; ${found.length === 0 ? 'equal' : found.map(([count, kind]) => `${count} ${kind}`).join(', ')}`;
}

function resultText(differing: number, pending: number): string {
  if (differing > 0) return `${differing} rows differ`;
  return pending > 0 ? `no row differs for certain; ${pending} may still be on their way` : 'both sides are equal';
}
