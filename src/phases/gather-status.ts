import { instantText } from '../model/instant-text.ts';
import { lanesOf } from '../model/lane.ts';
import type {
  ComparingStatus,
  MigrationStatus,
  PausedTableStatus,
  PhaseStatus,
  RepairStatus,
  StreamStatus,
  ValidationStatus,
} from '../model/migration-status.ts';
import { phaseNames } from '../model/phase.ts';
import { emptyBooks } from '../model/stream-books.ts';
import { sinkSubscription } from '../model/topics.ts';
import type { SourceConnectors } from '../ports/source-connectors.ts';
import type { TablePause, ValidationRecord } from '../state/ledger-event.ts';
import type { MigrationState } from '../state/migration-state.ts';
import { splitsOf } from '../state/open-comparison.ts';
import { addBooks } from '../stream/batch-books.ts';
import { addLatencies, percentile } from '../stream/latency.ts';
import type { StreamPosition } from '../stream/stream-position.ts';
import { connectorStatus } from './connector-status.ts';
import { unbrokenSince } from './gate-facts.ts';
import { gatherCoverage } from './gather-coverage.ts';
import { openLetters } from './open-letters.ts';
import { parkedTables } from './parked-tables.ts';
import type { LedgerContext, SourceContext } from './phase-context.ts';
import { askStream } from './stream-clock.ts';
import { secondsLeft, tableProgress } from './table-progress.ts';
import { readHolds, readPauses } from './tell-holds.ts';

/** Folds the ledger and asks the broker, and the workers of its connectors. */
export async function gatherStatus(context: SourceContext, connectors: SourceConnectors): Promise<MigrationStatus> {
  const { ledger, config, bus, clock, signal } = context;
  const state = await ledger.refresh(signal);
  const position = state.handOver ? await askStream(context) : undefined;
  const copied = [...state.copied.values()];
  const sum = (count: (split: (typeof copied)[number]) => bigint) =>
    copied.reduce((total, split) => total + count(split), 0n);
  const stream = await streamStatus(context, state, position);
  return {
    migration: config.migration,
    keyspace: config.source.keyspace,
    plan: state.planDigest,
    phases: phaseNames.map((phase) => phaseStatus(phase, state)),
    copying: state.copyControl,
    splits: { planned: state.splits.size, copied: copied.length },
    tables: tableProgress(state),
    secondsLeft: secondsLeft(state, clock.nowMicros()),
    rows: {
      read: sum((split) => split.readRows),
      written: sum((split) => split.writtenRows),
      superseded: sum((split) => split.supersededRows),
      deadLettered: sum((split) => split.deadLetteredRows),
    },
    stream,
    heldBy: state.handOver ? await readHolds(bus, Number(clock.nowMicros() / 1000n), signal) : [],
    copyPauses: state.handOver ? await readPauses(bus, Number(clock.nowMicros() / 1000n), signal) : [],
    ...(await gatherCoverage(context, state, position ? unbrokenSince(position) : new Map())),
    connectors: await connectorStatus(state, { ...context, connectors }),
    openSlices: [...state.openSlices.values()].map(({ table, reason }) => ({ table, reason })),
    deadLetters: state.capture ? (await openLetters(bus, state, signal)).length : 0,
    pausedTables: [...state.pauses.values()].map(pausedStatus),
    parked: position ? parkedTables(position, state) : [],
    recopiedTables: state.handOver?.recopiedTables ?? [],
    stoppedTables: [...state.schemaDecisions.values()].flatMap(({ decision }) =>
      decision.action === 'stop' ? [{ table: decision.table, reason: decision.reason }] : [],
    ),
    lastValidation: state.lastValidation && validationStatus(state.lastValidation),
    comparing: state.comparison && comparingStatus(state.comparison),
    lastRepair: state.lastRepair && repairStatus(state.lastRepair),
    isCutOver: state.cutover !== undefined,
    waitsFor: waitsFor(state, stream),
  };
}

function pausedStatus({ table, differences, ddl, cannot, choices }: TablePause): PausedTableStatus {
  const next = choices.map((choice) => `cdcmig schema ${choice} ${table}`).join(', or ');
  return { table, differences, ddl, cannot, next };
}

function phaseStatus(phase: PhaseStatus['phase'], { phases }: MigrationState): PhaseStatus {
  const known = phases.get(phase);
  if (!known) return { phase, state: 'not started', summary: '' };
  return { phase, state: known.confirmedAtMicros === undefined ? 'started' : 'done', summary: known.summary };
}

async function streamStatus(
  { bus, clock, signal }: LedgerContext,
  { capture }: MigrationState,
  position: StreamPosition | undefined,
): Promise<StreamStatus> {
  const lanes = capture ? lanesOf(capture) : [];
  const backlogs = await Promise.all(lanes.map(({ topic }) => bus.backlog(topic, sinkSubscription, signal)));
  const oldest = backlogs.flatMap(({ oldestPublishedAtMs }) => oldestPublishedAtMs ?? []);
  const reports = [...(position?.partitions.values() ?? [])];
  const books = reports.map((report) => report.books).reduce(addBooks, emptyBooks);
  // A worker of an earlier version tells none.
  const lastMinute = reports.map((report) => report.lastMinute ?? emptyBooks).reduce(addBooks, emptyBooks);
  const latency = reports.map((report) => report.latency).reduce(addLatencies, {});
  const nowMicros = clock.nowMicros();
  const time = position?.streamTimeMicros;
  return {
    ...books,
    lastMinute,
    lagMs: time === undefined ? 'unknown' : Number((nowMicros - time) / 1000n),
    unknownBecause: position ? position.unknownBecause : 'there is no hand-over yet',
    backlogEntries: backlogs.reduce((total, { entries }) => total + entries, 0),
    backlogAgeSeconds:
      oldest.length === 0 ? 0 : Math.max(0, Math.round((Number(nowMicros / 1000n) - Math.min(...oldest)) / 1000)),
    latencyMs: { p50: percentile(latency, 0.5), p99: percentile(latency, 0.99) },
  };
}

function validationStatus(validation: ValidationRecord): ValidationStatus {
  return {
    finishedAt: instantText(validation.finishedAtMicros),
    isFull: validation.isFull,
    changedSince: validation.sinceMicros === undefined ? undefined : instantText(validation.sinceMicros),
    isAfterDrain: validation.isAfterDrain,
    unsettled: validation.unsettledCount,
    tables: validation.tables,
  };
}

function comparingStatus({ begun, splits }: NonNullable<MigrationState['comparison']>): ComparingStatus {
  return { startedAt: instantText(begun.startedAtMicros), done: splits.size, total: splitsOf(begun) };
}

function repairStatus({ atMicros, tables }: NonNullable<MigrationState['lastRepair']>): RepairStatus {
  const sum = (count: (table: (typeof tables)[number]) => number) => tables.reduce((all, each) => all + count(each), 0);
  return { finishedAt: instantText(atMicros), equal: sum(({ equal }) => equal), left: sum(({ left }) => left) };
}

/** A day and a half of backlog is close to the end of what the target accepts. */
const backlogWarnings = [
  {
    seconds: 36 * 3600,
    text: 'the backlog is 36 h old, and changes older than 44 h must be read again one by one: start the sink now, beside the snapshot',
  },
  { seconds: 24 * 3600, text: 'the backlog is 24 h old: start the sink beside the snapshot' },
];

function waitsFor(state: MigrationState, stream: StreamStatus): string {
  const warning = state.sinkAllowed
    ? undefined
    : backlogWarnings.find(({ seconds }) => stream.backlogAgeSeconds >= seconds);
  if (warning) return warning.text;
  if (state.cutover) return 'nothing: the target has taken over';
  const [paused] = state.pauses.values();
  if (paused) return `a decision about table ${paused.table}: ${pausedStatus(paused).next}`;
  const next = phaseNames.find((phase) => state.phases.get(phase)?.confirmedAtMicros === undefined);
  if (state.sinkAllowed && stream.unknownBecause !== undefined) return stream.unknownBecause;
  return `cdcmig run --phase ${next}`;
}
