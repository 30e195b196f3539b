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
  [`${dht}.RandomPartitioner`, 'cassandra', /move to a cluster/],
  [`${dht}.ByteOrderedPartitioner`, 'cassandra', /move to a cluster/],
  ['com.amazonaws.cassandra.DefaultPartitioner', 'keyspaces', /UPDATE system\.local SET partitioner/],
])('%s of the target is refused before anything is copied', async (partitioner, kind, next) => {
  expect(await asked(`${dht}.Murmur3Partitioner`, partitioner, kind)).toMatchObject([
    { severity: 'fault', found: partitioner, next: expect.stringMatching(next) },
  ]);
});

test('each side that has another is named', async () => {
  const found = await asked(`${dht}.RandomPartitioner`, `${dht}.ByteOrderedPartitioner`);
  expect(found.map(({ expected }) => expected.split(' on ')[1])).toEqual(['the source', 'the target']);
});
