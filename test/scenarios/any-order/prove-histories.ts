import { expect } from 'vitest';
import { systemClock } from '../../../src/adapters/clock.ts';
import { gatherWrites } from '../../../src/apply/gather-writes.ts';
import { createTargetWriter } from '../../../src/apply/target-writer.ts';
import { decodeRecord } from '../../../src/feeds/decode-record.ts';
import { SchemaHistory } from '../../../src/feeds/schema-history.ts';
import type { PartitionUpdate } from '../../../src/model/mutation.ts';
import type { TargetKeyspace } from '../../../src/ports/target-keyspace.ts';
import type { Sandbox } from '../../../src/sandbox/sandbox-state.ts';
import type { CqlRows } from '../../../src/wire/cql/cql-connection.ts';
import { openTwoKeyspaces, type TwoKeyspaces } from '../../support/two-keyspaces.ts';
import { compareSides, type ShownDifference } from './compare-sides.ts';
import { type History, historyNumberOf, planHistory, runStatements } from './history.ts';
import { HistoryStream } from './history-stream.ts';
import { type NodeLog, openNodeLog } from './node-log.ts';
import { ddl } from './tables.ts';

const clock = systemClock();

export interface HistoriesToProve {
  readonly count: number;
  /** A seed in a message is enough to run one history again. */
  readonly firstSeed: number;
  readonly statementsEach: number;
}

/** Random histories on a keyspace of its own: each change comes three times and in any order, and both sides must end equal. */
export async function proveHistories(
  sandbox: Sandbox,
  { count, firstSeed, statementsEach }: HistoriesToProve,
): Promise<void> {
  const log = await openNodeLog(sandbox.source[0]!.commitLogDir);
  try {
    await using two = await openTwoKeyspaces(sandbox, `any_order_${firstSeed % 1_000_000}`, ddl);
    const timed = timedTarget(two.target);
    const world = {
      ...two,
      clock,
      // As the sink writes.
      writer: gatherWrites(createTargetWriter({ target: timed.target, clock, report: () => {}, maxInFlight: 128 })),
      targetSkewMicros: await two.target.clockSkewMicros(),
    };
    const now = clock.nowMicros();
    const histories = Array.from({ length: count }, (_, index) =>
      planHistory(firstSeed + index, index, statementsEach, now),
    );
    const streams = histories.map((history) => new HistoryStream(history, world));
    const schema = new SchemaHistory(await two.source.schema(two.keyspace), now - 60_000_000n);
    const ask = (cql: string) => two.onSource(cql);
    const half = statementsEach >> 1;

    await inLanes(histories, 64, ({ statements }) => runStatements(statements.slice(0, half), ask));
    await deliver(log, two, schema, streams);
    await inLanes(streams, 16, (stream) => stream.apply(0.4));
    await inLanes(histories, 64, ({ statements }) => runStatements(statements.slice(half), ask));
    await deliver(log, two, schema, streams);
    await clock.sleep(9_000);
    await inLanes(streams, 16, (stream) => stream.drain());
    // An expired marker is written to live for one second.
    await clock.sleep(2_500);

    const differences = await compareAll(two, histories, timed.slowestMs());
    expect(describeDifferences(differences, histories)).toEqual([]);
    expect(streams.flatMap((stream) => stream.letters)).toEqual([]);
  } finally {
    await log.close();
  }
}

/** Waits until the log shows a row written now, and gives each stream its updates up to there. */
async function deliver(
  log: NodeLog,
  two: TwoKeyspaces,
  schema: SchemaHistory,
  streams: readonly HistoryStream[],
): Promise<void> {
  const ids = new Set(two.tables.map((table) => table.id));
  const mark = -1 - Math.floor(Math.random() * 1_000_000);
  await two.onSource(`INSERT INTO KS.keyonly (h, k1, k2) VALUES (${mark}, 0, 0x)`);
  for (let isThere = false; !isThere; await clock.sleep(100)) {
    const updates = (await log.read()).flatMap((event) => updatesOf(event, schema, ids));
    for (const update of updates) {
      const number = historyNumberOf(update);
      if (number === mark) isThere = true;
      streams[number]?.receive([update]);
    }
  }
  await two.onSource(`DELETE FROM KS.keyonly WHERE h = ${mark}`);
}

function updatesOf(
  event: Parameters<typeof decodeRecord>[0],
  schema: SchemaHistory,
  ids: ReadonlySet<string>,
): readonly PartitionUpdate[] {
  const decoded = decodeRecord(event, schema.tableById);
  if (decoded.kind === 'poison') throw decoded.error;
  // Records of other tests' keyspaces.
  if (decoded.kind === 'unknown-schema') return [];
  return decoded.mutation.updates.filter((update) => ids.has(update.table.id));
}

/** The target, and how long its slowest write took. */
function timedTarget(target: TargetKeyspace) {
  let slowest = 0;
  const timed = async <T>(written: Promise<T>): Promise<T> => {
    const began = performance.now();
    const result = await written;
    slowest = Math.max(slowest, performance.now() - began);
    return result;
  };
  return {
    target: {
      ...target,
      write: (...write: Parameters<TargetKeyspace['write']>) => timed(target.write(...write)),
      writeRows: (...write: Parameters<TargetKeyspace['writeRows']>) => timed(target.writeRows(...write)),
    },
    slowestMs: () => slowest,
  };
}

async function compareAll(
  two: TwoKeyspaces,
  histories: readonly History[],
  slowestWriteMs: number,
): Promise<readonly ShownDifference[]> {
  const source = { keyspace: two.keyspace, ask: (cql: string): Promise<CqlRows> => two.onSource(cql) };
  const target = { keyspace: two.targetKeyspace, ask: (cql: string): Promise<CqlRows> => two.onTarget(cql) };
  const hasOwnTimes = (number: number) => histories[number]?.isHandOverInTheMiddle === false;
  const all: ShownDifference[] = [];
  for (const table of two.tables) all.push(...(await compareSides(table, source, target, hasOwnTimes, slowestWriteMs)));
  return all.filter(({ history }) => history >= 0);
}

function describeDifferences(
  differences: readonly ShownDifference[],
  histories: readonly History[],
): readonly string[] {
  return differences.map(({ history, text }) => {
    const { seed, isHandOverInTheMiddle } = histories[history]!;
    return `seed ${seed}${isHandOverInTheMiddle ? ' (hand-over in the middle)' : ''}: ${text}`;
  });
}

async function inLanes<T>(all: readonly T[], lanes: number, work: (one: T) => Promise<void>): Promise<void> {
  let next = 0;
  const lane = async () => {
    while (next < all.length) await work(all[next++]!);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}
