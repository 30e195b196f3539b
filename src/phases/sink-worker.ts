import { type DeadLetters, letterId, openDeadLetters, readLetters } from '../apply/dead-letters.ts';
import { gatherWrites } from '../apply/gather-writes.ts';
import { createTargetWriter } from '../apply/target-writer.ts';
import type { TableChange, Truncation } from '../feeds/schema-history.ts';
import type { RecordEvent } from '../model/change-event.ts';
import { lanesOf } from '../model/lane.ts';
import type { Message } from '../ports/message-bus.ts';
import { followedNodes } from '../state/compare-ring.ts';
import type { HandOverRecord } from '../state/ledger-event.ts';
import type { MigrationState } from '../state/migration-state.ts';
import { undecodableLetter } from '../stream/letters.ts';
import type { ParkedEntry } from '../stream/parked-codec.ts';
import { runSink } from '../stream/run-sink.ts';
import { SchemaFollower } from '../stream/schema-follower.ts';
import type { CopiedRange, SinkParts } from '../stream/sink-parts.ts';
import { readDecodingSchema } from './decoding-schema.ts';
import { followDatastax, openPulses } from './follow-datastax.ts';
import { openTargetClock, type TargetClock } from './follow-target-clock.ts';
import { type FoundSlices, foundSlices } from './found-slices.ts';
import { openTie } from './open-tie.ts';
import type { WorkerContext } from './phase-context.ts';
import { type CapacityTalk, shareCapacity } from './share-capacity.ts';
import { sideBySide } from './side-by-side.ts';
import { sliceOfChange } from './slice-of-change.ts';
import { snapshotDoneAt } from './snapshot-done-at.ts';
import { handOverOf } from './start-source.ts';
import { tableRules } from './table-rules.ts';
import { tellHolds } from './tell-holds.ts';
import { learnDecisions, watchSchema } from './watch-schema.ts';

const followEveryMs = 500;
/** More than any clocks of a cluster may differ that passed the checks. */
const clockToleranceMicros = 30_000_000n;
const longestForeignWaitMicros = 600_000_000n;

/** Applies the changes of the partitions that Pulsar gives to this worker, until `stop` aborts. */
export async function runSinkWorker(given: WorkerContext, stop: AbortSignal): Promise<void> {
  const { bus, clock, ledger, signal } = given;
  const holds = await tellHolds(given);
  const context = { ...given, report: holds.report };
  const record = handOverOf(ledger.state.handOver);
  const deadLetters = await openDeadLetters(bus, clock, signal);
  const talk = await shareCapacity(given, 'stream');
  const slices = foundSlices(ledger);
  const schema = await openSchema(context, record, deadLetters, slices);
  const pulses = await openPulses(context, record);
  const copiedRanges: CopiedRange[] = [];
  try {
    learnDecisions(ledger.state, schema);
    const rules = tableRules(() => ledger.state, schema);
    const targetClock = await openTargetClock(context);
    const opened = { deadLetters, shared: talk.shared, schema, pulses, copiedRanges, ruleOf: rules.ruleOf };
    const parts = sinkParts(context, record, targetClock, opened);
    await sideBySide(
      stop,
      (either) => runSink(parts, either),
      (either) => watchSchema(context, schema, rules, either),
      (either) => followCopies(context, copiedRanges, either),
      slices.follow,
      targetClock.follow,
      ...(pulses ? [followDatastax(context, pulses, schema)] : []),
    );
  } finally {
    await pulses?.close();
    await deadLetters.close();
    await schema.close();
    await talk.close();
    await holds.close();
  }
}

function sinkParts(
  context: WorkerContext,
  record: HandOverRecord,
  targetClock: TargetClock,
  given: Pick<SinkParts, 'deadLetters' | 'schema' | 'copiedRanges' | 'ruleOf' | 'pulses'> &
    Pick<CapacityTalk, 'shared'>,
): SinkParts {
  const { shared, ...opened } = given;
  const { config, source, target, bus, clock, report, ledger, workerName } = context;
  return {
    ...opened,
    bus,
    source,
    target,
    clock,
    report,
    workerName,
    writer: gatherWrites(
      createTargetWriter({ target, clock, report, maxInFlight: config.workers.writesInFlight, shared }),
    ),
    window: config.window,
    keyspace: config.target.keyspace,
    lanes: lanesOf(record),
    isGivenUp: (entry) => isGivenUp(entry, record, ledger.state, clock.nowMicros()),
    recopiedTableIds: new Set(
      record.tables
        .filter((table) => record.datastax?.read === 'events' || record.recopiedTables.includes(table.name))
        .map((table) => table.id),
    ),
    // Asked for anew each time: deploy-agent may have followed a change of the ring.
    get nodes() {
      return followedNodes(ledger.state).map((node) => node.hostId);
    },
    onTie: (tie) => openTie(tie, context),
    handOverMicros: record.instantMicros,
    get targetSkewMicros() {
      return targetClock.skewMicros;
    },
    snapshotDoneAt: snapshotDoneAt(() => ledger.state),
  };
}

function openSchema(
  context: WorkerContext,
  record: HandOverRecord,
  deadLetters: DeadLetters,
  slices: FoundSlices,
): Promise<SchemaFollower> {
  const { bus, source, config, clock, report, signal } = context;
  const ids = new Map(record.tables.map((table) => [table.id, table.name]));
  const parts = {
    bus,
    clock,
    baseline: record.schema,
    baselineAtMicros: record.instantMicros - clockToleranceMicros,
    async readSchema(readSignal?: AbortSignal) {
      const atMicros = clock.nowMicros() - clockToleranceMicros;
      return { rows: await readDecodingSchema(source, config.source.keyspace, readSignal), atMicros };
    },
    onChange(change: TableChange | Truncation) {
      const table = ids.get(change.tableId);
      if (table === undefined) return;
      const slice = sliceOfChange(change, table, clock.nowMicros());
      report({ kind: 'warning', text: `table ${table} was ${slice.reason}` });
      slices.add(slice);
    },
    async onPoison(message: Message, event: RecordEvent | undefined, error: Error) {
      // The schema topic is read from its beginning by every worker, and only the first one is to bury this.
      const letter = undecodableLetter(message, event, { reason: error.message, errorClass: error.name });
      report({ kind: 'dead-letter', table: 'system_schema', reason: error.message });
      if (!(await readLetters(bus, signal)).has(letterId(letter))) await deadLetters.add(letter);
    },
  };
  return SchemaFollower.open(parts, signal);
}

/** A table that no schema ever told of cannot be decided about: its records are not kept waiting for ever. */
function isGivenUp(
  { tableId, parkedAtMicros }: ParkedEntry,
  record: HandOverRecord,
  state: MigrationState,
  now: bigint,
) {
  const table = record.tables.find(({ id }) => id === tableId);
  if (table === undefined) return now - parkedAtMicros > longestForeignWaitMicros;
  return (state.schemaDecisions.get(table.name)?.atMicros ?? 0n) > parkedAtMicros;
}

/** The sink applies its slices again under every split that is copied after it took the slice's partition. */
async function followCopies(
  { ledger, clock }: WorkerContext,
  copiedRanges: CopiedRange[],
  stop: AbortSignal,
): Promise<void> {
  const known = new Set<string>();
  while (!stop.aborted) {
    const { copied } = await ledger.refresh(stop).catch(() => ledger.state);
    for (const { split } of copied.values()) {
      if (known.has(split.id)) continue;
      known.add(split.id);
      copiedRanges.push({ tableId: split.tableId, range: split.range });
    }
    await clock.sleep(followEveryMs, stop).catch(() => {});
  }
}
