import { expect, test } from 'vitest';
import { createTargetWriter } from '../../src/apply/target-writer.ts';
import { keyspacesWindow } from '../../src/model/write-timestamp.ts';
import type { SinkParts } from '../../src/stream/sink-parts.ts';
import { SliceKeeper } from '../../src/stream/slice-keeper.ts';
import { SliceRounds } from '../../src/stream/slice-rounds.ts';
import type { TableRule } from '../../src/stream/table-rule.ts';
import { aClock } from '../support/a-clock.ts';
import { aTable, int } from '../support/a-table.ts';
import { inMemoryBus } from '../support/in-memory-bus.ts';
import { inMemoryReader } from '../support/in-memory-reader.ts';
import { inMemoryTarget } from '../support/in-memory-target.ts';

const hour = 3_600_000_000n;
const now = 1_700_000_000_000_000n;
const table = aTable({ clustering: { c: 'int' }, regulars: { a: 'text' } });
/** More than are gone over at once. */
const partitions = Array.from({ length: 100 }, (_, id) => int(id));

test('spent slices that a pause of their table keeps from being gone over a last time are not forgotten before that', async () => {
  const { rounds, keeper, rule, read } = await aRoundWithAPause();
  await rounds.forgetSpent();
  expect(read.size).toBeLessThan(partitions.length);
  expect(keeper.slices()).toHaveLength(partitions.length);

  rule.now = applied;
  await rounds.ofResumedTables();
  await rounds.forgetSpent();
  expect(read.size).toBe(partitions.length);
  expect(keeper.slices()).toEqual([]);
});

test('of a table that is paused again while it is gone over, the rest waits again', async () => {
  const { rounds, rule, read } = await aRoundWithAPause();
  rule.now = paused;
  await rounds.all();
  rule.now = applied;
  await rounds.ofResumedTables();
  expect(read.size).toBeLessThan(partitions.length);

  rule.now = applied;
  await rounds.ofResumedTables();
  expect(read.size).toBe(partitions.length);
});

const applied: TableRule = { kind: 'applied', table, leftOut: [] };
const paused: TableRule = { kind: 'paused', reason: 'column x int was added' };

/** One delete of 49 hours ago in each partition; the first reading of one finds that the table has changed. */
async function aRoundWithAPause() {
  const clock = aClock(now);
  const keeper = await SliceKeeper.open({ bus: inMemoryBus().bus, clock }, 0);
  const [tableId, timestampMicros] = [table.id, now - 49n * hour];
  await keeper.keep(
    partitions.map((partitionKey) => ({ tableId, partitionKey, timestampMicros, decision: 'apply' as const })),
  );
  const rule = { now: applied };
  let isFirst = true;
  const read = new Set<string>();
  const source = inMemoryReader([]);
  const parts: Partial<SinkParts> = {
    source: {
      ...source,
      readPartition(asked) {
        read.add(asked.partitionKey[0]!.toString('hex'));
        if (isFirst) rule.now = paused;
        isFirst = false;
        return source.readPartition(asked);
      },
    },
    target: inMemoryReader([]),
    writer: createTargetWriter({ target: inMemoryTarget(), clock, report: () => {}, maxInFlight: 8 }),
    clock,
    window: keyspacesWindow,
    keyspace: 'moved',
    report: () => {},
    ruleOf: () => rule.now,
    handOverMicros: now - 100n * hour,
    snapshotDoneAt: () => now - 90n * hour,
  };
  const rounds = new SliceRounds(keeper, parts as SinkParts, new AbortController().signal);
  return { rounds, keeper, rule, read };
}
