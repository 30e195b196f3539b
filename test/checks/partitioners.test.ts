import { expect, test } from 'vitest';
import type { CheckContext } from '../../src/checks/check.ts';
import { partitioners } from '../../src/checks/partitioners.ts';

const dht = 'org.apache.cassandra.dht';

function asked(source: string, target: string, kind = 'cassandra') {
  const of = (name: string) => ({ partitioner: async () => name });
  return partitioners.ask({
    config: { target: { kind } },
    source: of(source),
    target: of(target),
  } as unknown as CheckContext);
}

test('two sides of Murmur3 tokens pass', async () => {
  expect(await asked(`${dht}.Murmur3Partitioner`, `${dht}.Murmur3Partitioner`)).toEqual([]);
});

test.each([
  [`${dht}.RandomPartitioner`, 'cassandra', /A cluster with that partitioner/],
  [`${dht}.ByteOrderedPartitioner`, 'cassandra', /A cluster with that partitioner/],
  ['com.amazonaws.cassandra.DefaultPartitioner', 'keyspaces', /UPDATE system\.local SET partitioner/],
])('%s of the target is a warning that says what validation costs then', async (partitioner, kind, next) => {
  expect(await asked(`${dht}.Murmur3Partitioner`, partitioner, kind)).toMatchObject([
    {
      ...{ severity: 'warning', found: partitioner, next: expect.stringMatching(next) },
      expected: expect.stringContaining('on the target'),
    },
  ]);
});

test.each(['RandomPartitioner', 'ByteOrderedPartitioner'])('%s of the source is refused', async (name) => {
  expect(await asked(`${dht}.${name}`, `${dht}.Murmur3Partitioner`)).toMatchObject([
    { severity: 'fault', expected: expect.stringContaining('on the source'), found: `${dht}.${name}` },
  ]);
});

test('each side that has another is named', async () => {
  const found = await asked(`${dht}.RandomPartitioner`, `${dht}.ByteOrderedPartitioner`);
  expect(found.map(({ expected }) => expected.split(' on ')[1])).toEqual(['the source', 'the target']);
});
