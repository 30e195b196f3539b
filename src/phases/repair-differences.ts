import { type RowToRepair, repairRow, type WrittenRepair } from '../apply/repair-row.ts';
import { createTargetWriter } from '../apply/target-writer.ts';
import { exitCodes, OperatorError } from '../errors.ts';
import { type Difference, differingRows, type RowKey } from '../model/difference.ts';
import type { RepairedRow } from '../model/repaired-row.ts';
import type { Table } from '../model/table.ts';
import type { Consistency } from '../ports/table-reader.ts';
import { inParallel } from '../validation/in-parallel.ts';
import type { ValidationReport } from '../validation/report.ts';
import { settleDifferences } from '../validation/settle-differences.ts';
import { absentShare } from '../validation/split-tally.ts';
import { migratedTables } from './migrated-tables.ts';
import type { WorkerContext } from './phase-context.ts';
import { sidesOf } from './sides-of.ts';
import { openStreamClock, type StreamClock } from './stream-clock.ts';
import { usualPatienceMs } from './validate.ts';

const rowsAtOnce = 16;
/** The first is stamped as low as may be; a tombstone that is above it gives way to a read instant, or to the next. */
const mostRounds = 3;

/**
 * Writes every row anew that differs for certain, and looks again when all changes of before have arrived. Any order,
 * repeat or crash is harmless: a repair writes what the source holds now, and a change that comes later is decided
 * against it by write time; what a change that was on its way lost to a repair shows at the look and is repaired again.
 * The rows stay unproven until the next validation has compared them.
 */
export async function repairDifferences(
  context: WorkerContext,
  report: ValidationReport,
): Promise<readonly RepairedRow[]> {
  const tables = new Map(migratedTables(context.ledger.state).map((table) => [table.name, table]));
  const consistency = await repairConsistency(context);
  const stream = await openStreamClock(context);
  try {
    const repaired = [...tables.values()].map((table) => repairTable(table, report, { context, consistency, stream }));
    const rows = (await Promise.all(repaired)).flat();
    await recordRepair(context, rows, consistency);
    return rows;
  } finally {
    await stream.close();
  }
}

/** After the cutover the target's own writes are what counts, and the source has none of them. */
export function throwOnCutOver({ ledger }: WorkerContext): void {
  if (!ledger.state.cutover) return;
  throw new OperatorError({
    expected: 'a migration that is not cut over yet',
    found: 'the target has taken over: a repair would undo what the application wrote there',
    next: 'validate without --repair',
  });
}

async function repairConsistency({ source, report, signal }: WorkerContext): Promise<Consistency> {
  const down = (await source.nodes(signal)).filter((node) => !node.isUp).map((node) => node.address);
  if (down.length === 0) return 'all';
  report({ kind: 'warning', text: `${down.join(', ')} down: rows are repaired from what a quorum of replicas holds` });
  return 'local_quorum';
}

/** Exit code 3 while any row that differed for certain is not seen equal again. */
export function throwOnUnrepaired({ tables }: ValidationReport, rows: readonly RepairedRow[]): void {
  const found = differingRows(tables);
  const countOf = (wanted: RepairedRow['outcome']) => rows.filter(({ outcome }) => outcome === wanted).length;
  const [equal, refused] = [countOf('equal'), countOf('refused')];
  if (equal === found) return;
  const told = refused > 0 ? ` (${refused} of them refused by the target)` : '';
  throw new OperatorError(
    {
      expected: `all ${found} rows that differed to be equal after the repair`,
      found: `${equal} are, ${rows.length - equal} are not yet${told}, ${found - rows.length} were too many for one go`,
      next: 'repeat cdcmig validate --repair; if the same rows stay, look at why the target refuses them, or at their write times on both sides',
    },
    { exitCode: exitCodes.differences },
  );
}

interface Repairing {
  readonly context: WorkerContext;
  readonly consistency: Consistency;
  readonly stream: StreamClock;
}

interface WrittenRow extends WrittenRepair {
  readonly difference: Difference;
}

async function repairTable(
  table: Table,
  { differences }: ValidationReport,
  repairing: Repairing,
): Promise<readonly RepairedRow[]> {
  const { consistency } = repairing;
  const rows: RepairedRow[] = [];
  let open = differences.filter((difference) => difference.table === table.name && difference.kind !== 'pending');
  for (let round = 1; open.length > 0 && round <= mostRounds; round++) {
    const tried = await writeRows(table, open, round > 1, repairing);
    rows.push(...tried.filter(isRefused).map((row) => ({ ...row, outcome: 'refused' as const, consistency })));
    const written = tried.filter((row) => !isRefused(row));
    const outcomes = await lookAgain(table, written, repairing);
    const isLast = round === mostRounds;
    written.forEach((row, index) => {
      const outcome = outcomes[index]!;
      if (outcome !== 'differs' || isLast) rows.push({ ...row, outcome, consistency });
    });
    open = written.filter((_, index) => outcomes[index] === 'differs').map(({ difference }) => difference);
  }
  return rows;
}

function isRefused({ refusal }: WrittenRow): boolean {
  return refusal !== undefined;
}

function writeRows(
  table: Table,
  differences: readonly Difference[],
  useReadInstant: boolean,
  { context, consistency }: Repairing,
): Promise<readonly WrittenRow[]> {
  const { config, source, target, clock, report, signal } = context;
  const writer = createTargetWriter({ target, clock, report, maxInFlight: config.workers.writesInFlight });
  const parts = { source, target, writer, clock, window: config.window, keyspace: config.target.keyspace, signal };
  return inParallel(differences, rowsAtOnce, signal, async (difference) => {
    const row: RowToRepair = { table, key: difference.key, consistency, useReadInstant };
    return { difference, ...(await repairRow(row, parts)) };
  });
}

async function lookAgain(
  table: Table,
  rows: readonly WrittenRow[],
  { context, stream }: Repairing,
): Promise<readonly RepairedRow['outcome'][]> {
  const { clock, signal } = context;
  const settled = await settleDifferences(
    rows.map(({ difference }) => keyToSettle(difference.key)),
    {
      sides: sidesOf(context),
      table,
      clock,
      streamTime: () => stream.position?.streamTimeMicros,
      patienceMs: usualPatienceMs,
      expiryTolerance: context.config.validation.expiryTolerance,
      signal,
    },
  );
  return settled.map(({ verdict }) => (verdict === 'equal' || verdict === 'pending' ? verdict : 'differs'));
}

function keyToSettle(key: RowKey) {
  return { key, columns: [], source: absentShare, target: absentShare };
}

async function recordRepair(
  { ledger }: WorkerContext,
  rows: readonly RepairedRow[],
  consistency: Consistency,
): Promise<void> {
  if (rows.length === 0) return;
  const names = [...new Set(rows.map(({ difference }) => difference.table))];
  const tables = names.map((table) => {
    const own = rows.filter(({ difference }) => difference.table === table);
    const isEqual = (row: RepairedRow) => row.outcome === 'equal';
    return { table, equal: own.filter(isEqual).length, left: own.filter((row) => !isEqual(row)).length };
  });
  await ledger.append({ kind: 'repaired', repair: { tables, consistency } });
  await ledger.refresh();
}
