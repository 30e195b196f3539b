import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../src/adapters/clock.ts';
import { createTargetWriter } from '../../src/apply/target-writer.ts';
import type { ProgressEvent } from '../../src/events.ts';
import { aRehearsedKeyspace, type RehearsedKeyspace } from '../adapters/keyspaces/a-rehearsed-keyspace.ts';
import { int } from '../support/a-table.ts';

const keyspace = `paced_writes_${process.pid}`;
const unitsPerSecond = 300;
const clock = systemClock();
let rehearsed: RehearsedKeyspace;

beforeAll(async () => {
  const columns = [
    { name: 'id', type: 'int' },
    { name: 'b', type: 'blob' },
  ];
  rehearsed = await aRehearsedKeyspace(keyspace, { name: 'things', columns });
  const capacity = { mode: 'PROVISIONED', readUnits: unitsPerSecond, writeUnits: unitsPerSecond } as const;
  await rehearsed.standIn.state.updateTable(keyspace, 'things', { capacity });
  while ((await rehearsed.target.writeCapacity('things'))?.mode !== 'provisioned') await clock.sleep(20);
});

afterAll(() => rehearsed?.close());

test('more than a provisioned table takes is held by its capacity, and none of it is throttled', async () => {
  const events: ProgressEvent[] = [];
  const report = (event: ProgressEvent) => void events.push(event);
  const writer = createTargetWriter({ target: rehearsed.target, clock, report, maxInFlight: 64 });
  const cql = `INSERT INTO "${keyspace}"."things" ("id", "b") VALUES (?, ?) USING TIMESTAMP ? AND TTL ?`;
  const stamp = Buffer.alloc(8);
  stamp.writeBigInt64BE(clock.nowMicros());
  // Every second one is of two units.
  const write = (id: number) =>
    writer.write({ cql, values: [int(id), Buffer.alloc(id % 2 === 0 ? 10 : 1_500), stamp, int(0)] });
  const begunMicros = clock.nowMicros();
  await Promise.all(Array.from({ length: 800 }, (_, id) => write(id)));

  const seconds = Number(clock.nowMicros() - begunMicros) / 1e6;
  expect(seconds).toBeGreaterThan(1_200 / unitsPerSecond - 0.5);
  expect(events).toEqual([
    { kind: 'waiting', reason: `held by: the capacity of ${keyspace}.things, 300 write units/s (provisioned)` },
  ]);
  expect(await rehearsed.standIn.meter.registry.metrics()).not.toMatch(/^WriteThrottleEvents\{/m);
});
