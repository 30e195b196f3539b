import { slicesSettledBy } from '../cutover/settled-slices.ts';
import { exitCodes, OperatorError } from '../errors.ts';
import type { Report } from '../events.ts';
import { type Difference, differingRows, pendingRows, shownRowKey } from '../model/difference.ts';
import type { Table } from '../model/table.ts';
import type { ComparisonRecord, ValidationRecord } from '../state/ledger-event.ts';
import type { MigrationState } from '../state/migration-state.ts';
import type { OpenComparison } from '../state/open-comparison.ts';
import { compareTables } from '../validation/compare-tables.ts';
import { createReadBudget } from '../validation/read-budget.ts';
import type { ValidationReport } from '../validation/report.ts';
import { type ComparableTables, comparableTables } from './comparable-tables.ts';
import { type ComparisonScope, type ScopedTables, scopeTables } from './comparison-scope.ts';
import { explainDifferences } from './explain-differences.ts';
import { cutAsBefore, interruptedComparison, type Resumption } from './interrupted-comparison.ts';
import type { WorkerContext } from './phase-context.ts';
import { beginComparison, rememberComparison } from './remembered-comparison.ts';
import { sidesInRanges } from './sides-of.ts';
import { openStreamClock } from './stream-clock.ts';
import { readTargetIds } from './target-ids.ts';

export interface CompareOptions {
  /** Undefined: all tables of the migration. */
  readonly tables?: readonly string[];
  /** Default: everything. */
  readonly scope?: ComparisonScope;
  /** How long to look again at rows whose changes may be on their way. */
  readonly patienceMs: number;
  /** All that was ever captured is applied, and nobody writes. */
  readonly isDrained?: boolean;
  /** Goes on with the comparison of everything that was interrupted: it must be there, or if it began within a day. */
  readonly resume?: Resumption;
}

/** Rows whose keys the ledger keeps until start-sink settles them; a ledger event is one message. */
const mostUnsettledKept = 5_000;
const splitsAtOnce = 4;

/** Compares the tables on both sides and writes the result into the ledger. */
export async function compareAll(context: WorkerContext, options: CompareOptions): Promise<ValidationReport> {
  const { ledger, clock, report, signal } = context;
  const state = await ledger.refresh(signal);
  const comparable = await comparableTables(context);
  // Counters are copied by the cutover; until then they differ and say nothing.
  const withCounters = options.isDrained === true || state.cutover !== undefined;
  const tables = wantedTables(withCounters ? comparable : withoutCounters(comparable), options, report);
  const stream = state.sinkAllowed ? await openStreamClock(context) : undefined;
  const streamTimeMicros = stream?.position?.streamTimeMicros;
  try {
    const sides = await sidesInRanges(context);
    const { otherPartitioner } = sides;
    const targetIds = await readTargetIds(context);
    const interrupted = interruptedComparison(context, { tables, otherPartitioner, targetIds }, options.resume);
    const scoped = interrupted
      ? wholeAsBefore(interrupted, tables)
      : await scopeTables(context, tables, options.scope ?? { kind: 'everything' }, targetIds);
    const begun =
      interrupted?.begun ??
      beginComparison(context, { tables: scoped.tables, otherPartitioner, targetIds, state, streamTimeMicros });
    const isRemembered = scoped.text === undefined && !options.isDrained;
    if (isRemembered && !interrupted) await ledger.append({ kind: 'comparison-begun', begun });
    const compared = await compareTables({
      tables: scoped.tables,
      startedAtMicros: begun.startedAtMicros,
      withCounters,
      sides,
      clock,
      report,
      streamTime: () => stream?.position?.streamTimeMicros,
      patienceMs: stream ? options.patienceMs : 0,
      expiryTolerance: context.config.validation.expiryTolerance,
      splitsAtOnce,
      budget: createReadBudget(clock, context.config.validation.rowsPerSecond),
      ...(isRemembered && { memory: rememberComparison(context, begun, interrupted?.splits) }),
      signal,
    });
    const result = { ...compared, ...(scoped.text !== undefined && { scope: scoped.text }) };
    const isOfAllTables = options.tables === undefined && comparable.leftOut.length === 0;
    await book(context, result, { scoped, begun, isOfAllTables, isDrained: options.isDrained ?? false, state });
    // Once what was found stands in the ledger: a read that fails here must not cost the comparison.
    return { ...result, differences: await explainDifferences(context, tables, result.differences) };
  } finally {
    await stream?.close();
  }
}

function wholeAsBefore(interrupted: OpenComparison, tables: readonly Table[]): ScopedTables {
  return { tables: cutAsBefore(interrupted, tables), whole: new Set(tables.map(({ name }) => name)) };
}

interface Compared {
  readonly scoped: ScopedTables;
  /** All tables that have not left the migration. */
  readonly isOfAllTables: boolean;
  readonly isDrained: boolean;
  readonly begun: ComparisonRecord;
  /** Of before this run of the comparison. */
  readonly state: MigrationState;
}

async function book(
  { ledger, signal }: WorkerContext,
  result: ValidationReport,
  { scoped, begun, isOfAllTables, isDrained, state }: Compared,
): Promise<void> {
  const drainedAt = state.drain?.confirmedAtMicros;
  const { id, streamTimeMicros, disproofKnownMicros, targetIds } = begun;
  const validation: ValidationRecord = {
    comparison: id,
    disproofKnownMicros,
    ...recordOf(result, {
      isAfterDrain: drainedAt !== undefined && result.startedAtMicros > drainedAt,
      isFull: isOfAllTables && scoped.text === undefined,
    }),
    ...(isOfAllTables && scoped.sinceMicros !== undefined && { sinceMicros: scoped.sinceMicros }),
    ...(streamTimeMicros !== undefined && { streamTimeMicros }),
    ...(targetIds && { targetIds }),
  };
  await ledger.append({ kind: 'validated', validation });
  const appliedUpTo = isDrained ? 'everything' : streamTimeMicros;
  const whole = result.tables.filter(({ table }) => scoped.whole.has(table));
  const openBefore = [...state.openSlices.values()].filter((slice) => begun.openSlices.includes(slice.id));
  for (const slice of slicesSettledBy(whole, openBefore, appliedUpTo))
    await ledger.append({ kind: 'slice-settled', id: slice.id, how: 'compared equal' });
  await ledger.refresh(signal);
}

export function throwOnDifferences(report: ValidationReport): void {
  const tables = report.tables.filter((table) => differingRows([table]) > 0);
  if (tables.length === 0) return;
  throw new OperatorError(
    tables.map((table) => ({
      expected: `both sides of ${table.table} equal`,
      found: `${table.missing} missing, ${table.extra} extra, ${table.mismatched} mismatched rows; the first: ${firstOf(report, table.table)}`,
      next: `cdcmig validate --table ${table.table} --json lists the keys`,
    })),
    { exitCode: exitCodes.differences },
  );
}

interface WantedTables extends ComparableTables {
  /** Tables that only the cutover compares. */
  readonly later?: ComparableTables['leftOut'];
}

function withoutCounters({ tables, leftOut }: ComparableTables): WantedTables {
  const counters = tables.filter(({ isCounter }) => isCounter);
  const reason = 'its counters are copied by the cutover, and compared there';
  return {
    tables: tables.filter(({ isCounter }) => !isCounter),
    leftOut,
    later: counters.map(({ name }) => ({ table: name, reason })),
  };
}

function wantedTables(
  { tables, leftOut, later = [] }: WantedTables,
  { tables: names }: CompareOptions,
  report: Report,
): readonly Table[] {
  const waiting = [...leftOut, ...later].filter(({ table }) => names === undefined || names.includes(table));
  for (const { table, reason } of waiting) report({ kind: 'warning', text: `${table} is not compared: ${reason}` });
  // Nothing is left to compare; a migration of nothing but counters is compared by its cutover.
  const isNothingLeft = names ? waiting.length >= names.length : tables.length === 0 && leftOut.length > 0;
  if (waiting.length > 0 && isNothingLeft) throw allWait(waiting);
  if (names === undefined) return tables;
  const known = [...tables.map(({ name }) => name), ...[...leftOut, ...later].map(({ table }) => table)];
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0)
    throw new OperatorError(
      unknown.map((name) => ({
        expected: 'a table of this migration',
        found: name,
        next: `name one of ${known.join(', ')}`,
      })),
      { exitCode: exitCodes.usage },
    );
  return tables.filter((table) => names.includes(table.name));
}

function allWait(waiting: ComparableTables['leftOut']): OperatorError {
  return new OperatorError(
    waiting.map(({ table, reason }) => ({
      expected: `changes of ${table} to be applied`,
      found: reason,
      next: 'look at `cdcmig status`, decide about the table, then repeat the command',
    })),
  );
}

function recordOf(report: ValidationReport, kind: Pick<ValidationRecord, 'isAfterDrain' | 'isFull'>): ValidationRecord {
  const unsettled = report.differences.filter((difference) => difference.kind === 'pending');
  return {
    ...kind,
    startedAtMicros: report.startedAtMicros,
    finishedAtMicros: report.finishedAtMicros,
    tables: report.tables,
    unsettled: unsettled.slice(0, mostUnsettledKept).map(({ table, key }) => ({ table, key })),
    unsettledCount: pendingRows(report.tables),
  };
}

function firstOf(report: ValidationReport, table: string): string {
  const first = report.differences.find((difference) => difference.table === table && difference.kind !== 'pending');
  return first ? differenceText(first) : 'not listed';
}

function differenceText({ kind, key, columns, written }: Difference): string {
  return `${kind} at (${shownRowKey(key)})${columns.length > 0 ? ` in ${columns.join(', ')}` : ''}${written ? `; ${written.likely}` : ''}`;
}
