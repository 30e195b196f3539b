import type { MigrationStatus } from '../../model/migration-status.ts';
import { accountedFor, type StreamBooks } from '../../model/stream-books.ts';
import type { Comparison, Difference } from './compare.ts';
import type { PhaseOutcome } from './operator.ts';
import type { RehearsedFacts } from './rehearsed-facts.ts';

export interface DemoFacts {
  readonly phases: readonly PhaseOutcome[];
  readonly comparison: Comparison;
  readonly application: {
    readonly operations: number;
    readonly kinds: number;
    readonly failed: number;
    readonly lastError?: string | undefined;
  };
  /** What `cdcmig status --json` says after the cutover. */
  readonly status: Pick<MigrationStatus, 'isCutOver' | 'splits' | 'rows' | 'deadLetters' | 'openSlices'>;
  readonly books: StreamBooks;
  readonly lagMs: { readonly p50: number | undefined; readonly p99: number | undefined };
  /** Sentences: what was killed, and what became of it. */
  readonly kills: readonly string[];
  /** Undefined where the target is a Cassandra. */
  readonly rehearsed: RehearsedFacts | undefined;
  readonly seconds: number;
}

const differencesShown = 20;

/** What the demo prints at its end. */
export function summaryText(facts: DemoFacts): string {
  const { comparison, application, books, lagMs } = facts;
  const sections = [
    ['rows', ...rowLines(comparison)],
    [
      'application',
      `${application.operations} operations of ${application.kinds} kinds, ${application.failed} refused or unanswered`,
    ],
    ['killed', ...facts.kills],
    ...(facts.rehearsed ? [['stand-in', ...rehearsedLines(facts.rehearsed)]] : []),
    ['snapshot', snapshotText(facts.status)],
    ['changes captured', `${books.received}, of which ${books.duplicates} duplicates dropped`],
    ['books', `${booksText(books)}: ${areBalanced(books) ? 'balanced' : 'NOT BALANCED'}`],
    [
      'lag',
      `p50 ${milliseconds(lagMs.p50)}, p99 ${milliseconds(lagMs.p99)}, of changes applied after the sinks had caught up`,
    ],
    ['phases', ...facts.phases.map(({ phase, seconds }) => `${phase.padEnd(16)} ${seconds.toFixed(1).padStart(6)} s`)],
    ['differences', String(comparison.differences.length), ...differenceLines(comparison.differences)],
    ['in all', `${facts.seconds.toFixed(0)} s`],
  ];
  return sections.map(([title, ...lines]) => sectionText(title!, lines)).join('');
}

/** Why the demo has failed although every command succeeded; empty when it has not. */
export function faultsOf({ comparison, books, application, status, rehearsed }: DemoFacts): readonly string[] {
  return [
    ...(comparison.differences.length > 0 ? [`${comparison.differences.length} differences`] : []),
    ...(comparison.tables.some(({ sourceRows }) => sourceRows === 0) ? ['a table without rows proves nothing'] : []),
    ...(areBalanced(books) ? [] : ['books that do not balance']),
    ...(books.deadLettered > 0 ? [`${books.deadLettered} dead letters`] : []),
    ...(status.isCutOver ? [] : ['no cutover in the ledger']),
    ...(status.deadLetters > 0 ? [`${status.deadLetters} messages among the dead letters`] : []),
    ...(status.openSlices.length > 0 ? [`${status.openSlices.length} slices still in doubt`] : []),
    ...(books.received === 0 ? ['no change was captured'] : []),
    ...(rehearsed && rehearsed.refused > 0 ? [`${rehearsed.refused} requests that Keyspaces would refuse`] : []),
    ...(application.operations === 0 ? ['the application wrote nothing'] : []),
  ];
}

function snapshotText({ splits, rows }: DemoFacts['status']): string {
  const outcome = `${rows.written} written + ${rows.superseded} superseded + ${rows.deadLettered} dead letters`;
  return `${splits.copied} of ${splits.planned} splits; ${rows.read} rows read = ${outcome}`;
}

function rehearsedLines(facts: RehearsedFacts): readonly string[] {
  const { writeUnits, readUnits, throttledWrites, throttledReads, lost, refused } = facts;
  return [
    `${writeUnits} write units and ${readUnits} read units consumed`,
    `${throttledWrites} writes and ${throttledReads} reads throttled, ${lost} answers lost, ${refused} requests refused`,
  ];
}

function areBalanced(books: StreamBooks): boolean {
  return accountedFor(books) === books.received;
}

function booksText({ received, ...outcomes }: StreamBooks): string {
  const parts = Object.entries(outcomes).map(([outcome, count]) => `${count} ${outcome}`);
  return `${received} received = ${parts.join(' + ')}`;
}

function rowLines({ tables }: Comparison): readonly string[] {
  const line = (name: string, source: number, target: number) =>
    `${name.padEnd(16)} ${String(source).padStart(8)} on the source ${String(target).padStart(8)} on the target`;
  const sum = (pick: (table: Comparison['tables'][number]) => number) =>
    tables.reduce((total, table) => total + pick(table), 0);
  return [
    ...tables.map(({ table, sourceRows, targetRows }) => line(table, sourceRows, targetRows)),
    line(
      'all',
      sum(({ sourceRows }) => sourceRows),
      sum(({ targetRows }) => targetRows),
    ),
  ];
}

function differenceLines(differences: readonly Difference[]): readonly string[] {
  const lines = differences.slice(0, differencesShown).map(({ table, key, kind, column, source, target }) => {
    const what = column === undefined ? kind : `${kind} of ${column}: ${source} on the source, ${target} on the target`;
    return `${table} ${key}: ${what}`;
  });
  return differences.length > differencesShown ? [...lines, 'and more'] : lines;
}

function milliseconds(ms: number | undefined): string {
  return ms === undefined ? 'unknown' : `${ms} ms`;
}

function sectionText(title: string, lines: readonly string[]): string {
  return lines.map((line, index) => `${(index === 0 ? title : '').padEnd(18)}${line}\n`).join('');
}
