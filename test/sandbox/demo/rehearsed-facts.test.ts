import { expect, test } from 'vitest';
import { rehearsedFacts } from '../../../src/sandbox/demo/rehearsed-facts.ts';
import { Meter } from '../../../src/sandbox/keyspaces/engine/meter.ts';

test('the metrics of the stand-in are added up over all tables', async () => {
  const meter = new Meter(true);
  const [orders, sessions] = ['orders', 'sessions'].map((name) => ({ keyspace: 'shop', name }));
  meter.wrote(orders!, 3);
  meter.wrote(sessions!, 4);
  meter.read(orders!, 0.5);
  meter.throttled('write', orders!, 'table');
  meter.throttled('write', sessions!, 'partition');
  meter.throttled('read', sessions!, 'connection');
  meter.failed();
  meter.refused('timestamp-window');
  meter.refused('cassandra');
  expect(rehearsedFacts(await meter.registry.metrics())).toEqual({
    writeUnits: 7,
    readUnits: 0.5,
    throttledWrites: 2,
    throttledReads: 1,
    lost: 1,
    refused: 2,
  });
});

test('a stand-in of which nothing was asked has done nothing', async () => {
  expect(Object.values(rehearsedFacts(await new Meter(true).registry.metrics())).every((count) => count === 0)).toBe(
    true,
  );
});
