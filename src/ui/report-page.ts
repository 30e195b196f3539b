import { type ComparedTable, type Difference, differingRows, pendingRows, shownRowKey } from '../model/difference.ts';
import { instantText } from '../model/instant-text.ts';
import { lookUpText } from './validation-text.ts';

export interface ReportPage {
  readonly migration: string;
  readonly startedAtMicros: bigint;
  readonly finishedAtMicros: bigint;
  /** Undefined: everything. */
  readonly scope: string | undefined;
  /** Undefined: the source's. */
  readonly otherPartitioner?: string | undefined;
  readonly tables: readonly ComparedTable[];
  readonly differences: readonly Difference[];
}

const mostShown = 1_000;

/** A validation for a person to read and to keep: one HTML file that needs nothing else. */
export function reportPage(page: ReportPage): string {
  const certain = page.differences.filter(({ kind }) => kind !== 'pending');
  const pending = pendingRows(page.tables);
  const differing = differingRows(page.tables);
  const verdict = differing > 0 ? `${differing} rows differ` : pending > 0 ? `${pending} rows pending` : 'equal';
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${htmlText(page.migration)}: ${verdict}</title>
<style>
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 75rem; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; margin: 1rem 0; }
th, td { border-bottom: 1px solid #8884; padding: .3rem .6rem; text-align: left; vertical-align: top; }
td.number { text-align: right; font-variant-numeric: tabular-nums; }
code { overflow-wrap: anywhere; }
</style></head><body>
<h1>${htmlText(page.migration)}: ${verdict}</h1>
<p>${htmlText(page.scope ?? 'everything')}, compared from ${instantText(page.startedAtMicros)} to ${instantText(page.finishedAtMicros)}${byLookUps(page)}</p>
<table><tr><th>table</th><th>source rows</th><th>target rows</th><th>missing</th><th>extra</th><th>mismatched</th><th>pending</th><th>digests</th></tr>
${page.tables.map(tableRow).join('\n')}
</table>
${certain.length > 0 ? differencesTable(certain) : ''}</body></html>
`;
}

function byLookUps({ otherPartitioner }: ReportPage): string {
  return otherPartitioner === undefined ? '' : `; ${htmlText(lookUpText(otherPartitioner))}`;
}

function tableRow(table: ComparedTable): string {
  const counts = [table.sourceRows, table.targetRows, table.missing, table.extra, table.mismatched, table.pending];
  const digests =
    table.sourceDigest === table.targetDigest ? table.sourceDigest : `${table.sourceDigest} / ${table.targetDigest}`;
  const cells = counts.map((count) => `<td class="number">${count}</td>`).join('');
  return `<tr><td>${htmlText(table.table)}</td>${cells}<td><code>${digests}</code></td></tr>`;
}

function differencesTable(differences: readonly Difference[]): string {
  const left = differences.length - mostShown;
  const rows = differences.slice(0, mostShown).map(differenceRow).join('\n');
  return `<h2>Rows that differ for certain</h2>
<table><tr><th>table</th><th>kind</th><th>partition key / clustering</th><th>columns</th><th>source written</th><th>target written</th><th>where to look first</th></tr>
${rows}
</table>
${left > 0 ? `<p>and ${left} more</p>\n` : ''}`;
}

function differenceRow({ table, kind, key, columns, written }: Difference): string {
  const cells = [
    htmlText(table),
    kind,
    `<code>${shownRowKey(key)}</code>`,
    htmlText(columns.join(', ')),
    ...[written?.source, written?.target].map((micros) => (micros === undefined ? '' : instantText(micros))),
    htmlText(written?.likely ?? ''),
  ];
  return `<tr>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`;
}

function htmlText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
