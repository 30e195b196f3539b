import type {
  CoverageStatus,
  MigrationStatus,
  NodeStatus,
  PausedTableStatus,
  StreamStatus,
  TableProgress,
} from '../model/migration-status.ts';
import { agentText } from './agent-text.ts';
import { reportText } from './validation-text.ts';
import { writeRateText } from './write-rate-text.ts';

/** The status for a person. */
export function statusText(status: MigrationStatus): string {
  return [
    `migration ${status.migration} of keyspace ${status.keyspace}, plan ${status.plan ?? 'none yet'}`,
    ...status.phases.map(({ phase, state, summary }) => `  ${phase.padEnd(17)} ${state.padEnd(12)} ${summary}`),
    `splits: ${status.splits.copied} of ${status.splits.planned} copied${leftText(status.secondsLeft)}${heldText(status.copying)}`,
    ...tableLines(status.tables),
    `rows: ${status.rows.read} read = ${status.rows.written} written + ${status.rows.superseded} superseded + ${status.rows.deadLettered} dead letters`,
    ...streamLines(status.stream),
    ...status.heldBy.map((hold) => `held by: ${hold.by} throttling, ${hold.table}: ${writeRateText(hold)}`),
    ...status.copyPauses.map(({ worker, reason }) => `within the last minute, worker ${worker}: ${reason}`),
    ...status.nodes.flatMap(nodeLines),
    ...coverageLines(status.coverage),
    ...status.alarms.map(
      ({ hostId, address, reason, next }) => `ALARM: node ${address} (${hostId}): ${reason}; next: ${next}`,
    ),
    ...status.connectors.flatMap(({ name, troubles }) => troubles.map((text) => `ALARM: connector ${name}: ${text}`)),
    ...status.pausedTables.flatMap(pausedLines),
    ...status.parked
      .filter(({ waiting }) => waiting > 0)
      .map(({ table, waiting, reason }) => `parked: ${waiting} changes of ${table}: ${reason}`),
    ...status.recopiedTables.map(
      (table) => `table ${table} is in recopy mode: its write times are ahead, so every change reads its row again`,
    ),
    ...status.stoppedTables.map(({ table, reason }) => `table ${table} has left the migration: ${reason}`),
    `dead letters: ${status.deadLetters}`,
    ...status.openSlices.map(({ table, reason }) => `slice in doubt: ${table}: ${reason}`),
    ...validationLines(status),
    ...comparingLines(status),
    ...repairLines(status),
    `next: ${status.waitsFor}`,
    '',
  ].join('\n');
}

function leftText(seconds: number | undefined): string {
  return seconds === undefined ? '' : `, about ${durationText(seconds)} left at the speed of the last half hour`;
}

function durationText(seconds: number): string {
  if (seconds < 90) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 90) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Of few tables each, of many those that are being copied. */
const mostTablesShown = 12;

function tableLines(tables: MigrationStatus['tables']): readonly string[] {
  const shown = tables.length <= mostTablesShown ? tables : tables.filter(({ state }) => state === 'copying');
  const count = (state: TableProgress['state']) => tables.filter((table) => table.state === state).length;
  const lines = shown.map(
    ({ table, state, splits, rows }) =>
      `  ${table}: ${state}, ${splits.copied} of ${splits.planned} splits, ${rows} rows`,
  );
  const others = `  tables: ${count('not begun')} not begun, ${count('copying')} copying, ${count('copied')} copied`;
  return tables.length <= mostTablesShown ? lines : [others, ...lines];
}

function heldText({ isPaused, rowsPerSecond }: MigrationStatus['copying']): string {
  const rate = rowsPerSecond === undefined ? '' : `, at most ${rowsPerSecond} rows/s a worker`;
  return isPaused ? `, paused by cdcmig ctl${rate}` : rate;
}

function nodeLines({ hostId, address, unbrokenSince, hasHole, keeps, agent }: NodeStatus): readonly string[] {
  const hole = hasHole ? ': a HOLE after the hand-over, changes may be missing' : '';
  const kept = keeps ? `; keeps ${keeps.ranges} of ${keeps.of} ranges (${percent(keeps.share)} of the ring)` : '';
  return [
    `node ${address} (${hostId}): capture unbroken since ${unbrokenSince}${hole}${kept}`,
    `  ${agent ? agentText(agent) : 'agent: silent for a minute or more'}`,
  ];
}

function coverageLines(coverage: CoverageStatus): readonly string[] {
  if ('unknownBecause' in coverage) return [`coverage: unknown: ${coverage.unknownBecause}`];
  const enough = coverage.levels.filter(({ rangesShort }) => rangesShort === 0).map(({ level }) => level);
  const short = coverage.levels.filter(({ rangesShort }) => rangesShort > 0);
  return [
    ...coverage.groups.map(
      ({ covered, replicas, ranges, share }) =>
        `coverage: ${covered} of ${replicas} replicas captured without a break on ${ranges} ranges (${percent(share)} of the ring)`,
    ),
    `  every write acknowledged at ${enough.join(', ') || 'no consistency at all'} is seen by at least one agent`,
    ...short.map(
      ({ level, rangesShort, shareShort }) =>
        `  too few replicas for writes at ${level} on ${rangesShort} ranges (${percent(shareShort)} of the ring)`,
    ),
  ];
}

function percent(share: number): string {
  return `${(share * 100).toFixed(share > 0 && share < 0.1 ? 1 : 0)} %`;
}

function pausedLines({ table, differences, ddl, cannot, next }: PausedTableStatus): readonly string[] {
  return [
    `table ${table} is PAUSED: ${differences.join('; ')}`,
    ...(cannot === undefined ? [] : [`  cannot be followed: ${cannot}`]),
    ...ddl.map((statement) => `  target needs: ${statement}`),
    `  next: ${next}`,
  ];
}

function streamLines(stream: StreamStatus): readonly string[] {
  const lag = stream.lagMs === 'unknown' ? `unknown: ${stream.unknownBecause}` : `${stream.lagMs} ms`;
  const { p50, p99 } = stream.latencyMs;
  return [
    `lag: ${lag}; backlog ${stream.backlogEntries} entries, the oldest ${stream.backlogAgeSeconds} s old`,
    `changes: ${countsText(stream)}`,
    `  of them in the last whole minute: ${countsText(stream.lastMinute)}`,
    ...(p50 === undefined ? [] : [`write to applied: p50 ${p50} ms, p99 ${p99} ms`]),
  ];
}

function countsText(counts: StreamStatus['lastMinute']): string {
  const { received, applied, duplicates, superseded, recopied, deadLettered, parked, ignored } = counts;
  const outcomes = [
    `${applied} applied`,
    `${duplicates} duplicates${hitRate(counts)}`,
    `${superseded} superseded by a range or partition delete`,
    `${recopied} recopied`,
    `${deadLettered} dead letters`,
    `${parked} parked`,
    `${ignored} ignored`,
  ];
  return `${received} received = ${outcomes.join(' + ')}`;
}

/** How many of the changes were copies of others that came before them. */
function hitRate({ received, duplicates }: StreamStatus['lastMinute']): string {
  return received > 0 ? ` (${percent(duplicates / received)})` : '';
}

function repairLines({ lastRepair: last }: MigrationStatus): readonly string[] {
  if (!last) return [];
  const left = last.left === 0 ? '' : `, ${last.left} were not`;
  return [`repair of ${last.finishedAt}: ${last.equal} rows equal afterwards${left}; a later validation proves them`];
}

function comparingLines({ comparing }: MigrationStatus): readonly string[] {
  if (!comparing) return [];
  const { startedAt, done, total } = comparing;
  return [
    `comparing since ${startedAt}: ${done} of ${total} splits; if that was interrupted, cdcmig validate --resume goes on`,
  ];
}

function validationLines({ lastValidation: last }: MigrationStatus): readonly string[] {
  if (!last) return ['validation: never'];
  const part = last.changedSince === undefined ? 'partial' : `what changed since ${last.changedSince}`;
  const what = `${last.isFull ? 'full' : part}${last.isAfterDrain ? ', after the drain' : ''}`;
  return [
    `validation (${what}) of ${last.finishedAt}:`,
    ...reportText(last)
      .trimEnd()
      .split('\n')
      .map((line) => `  ${line}`),
  ];
}
