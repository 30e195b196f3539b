import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { coverageOf, type WriteConsistency } from '../../src/model/coverage.ts';
import { type RingMember, replicasOfRing } from '../../src/model/ring-replicas.ts';

const three = [1, 2, 3].map((n) => aMember(`h${n}`, [BigInt(n) * 100n]));
const simple = (factor: number) => ({ class: 'SimpleStrategy', replication_factor: `${factor}` });
const network = (factors: Record<string, number>) => ({
  class: 'org.apache.cassandra.locator.NetworkTopologyStrategy',
  ...Object.fromEntries(Object.entries(factors).map(([name, factor]) => [name, `${factor}`])),
});

describe('replicas of the ring', () => {
  test('a range is kept by its own node and the next ones clockwise', () => {
    expect(keepers(three, simple(2))).toEqual(['h1 h2', 'h2 h3', 'h3 h1']);
  });

  test('together the ranges are the ring once, also the one that wraps', () => {
    const ranges = replicasOfRing(three, simple(1))!;
    expect(ranges.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1);
    expect(ranges[0]!.share).toBeGreaterThan(0.99);
    expect(replicasOfRing([three[0]!], simple(1))).toMatchObject([{ share: 1 }]);
  });

  test('a node with several tokens keeps a range once', () => {
    const members = [aMember('h1', [0n, 10n, 30n]), aMember('h2', [20n])];
    expect(keepers(members, simple(2))).toEqual(['h1 h2', 'h1 h2', 'h2 h1', 'h1 h2']);
  });

  test('every datacenter has its own count, and one that is not named has none', () => {
    const members = [
      aMember('a1', [0n], 'a'),
      aMember('b1', [10n], 'b'),
      aMember('a2', [20n], 'a'),
      aMember('c1', [30n], 'c'),
    ];
    expect(keepers(members, network({ a: 2, b: 1 }))).toEqual(['a1 a2 b1', 'a2 a1 b1', 'a2 a1 b1', 'a1 a2 b1']);
  });

  test('racks that have none yet come first', () => {
    const members = ['r1', 'r1', 'r2', 'r3'].map((rack, n) => aMember(`h${n}`, [BigInt(n)], 'dc1', rack));
    expect(keepers(members, network({ dc1: 3 }))[0]).toBe('h0 h2 h3');
  });

  test('with fewer racks than replicas one of a known rack is taken when the ring meets it', () => {
    const members = ['r1', 'r1', 'r1', 'r2'].map((rack, n) => aMember(`h${n}`, [BigInt(n)], 'dc1', rack));
    expect(keepers(members, network({ dc1: 3 }))[0]).toBe('h0 h1 h3');
  });

  test('more replicas than nodes are as many as there are nodes', () => {
    expect(keepers(three, network({ dc1: 5 }))[0]).toBe('h1 h2 h3');
  });

  test('a transient replica counts as one, and a strategy of somebody’s own is not guessed', () => {
    expect(replicasOfRing(three, { class: 'NetworkTopologyStrategy', dc1: '3/1' })![0]!.replicas).toHaveLength(3);
    expect(replicasOfRing(three, { class: 'com.example.OurStrategy' })).toBeUndefined();
  });
});

describe('coverage', () => {
  test('with every replica captured a write at any consistency is seen', () => {
    const { groups, levels } = coverageOf(replicasOfRing(three, simple(3))!, () => true);
    expect(groups).toMatchObject([{ covered: 3, replicas: 3, ranges: 3 }]);
    expect(groups[0]!.share).toBeCloseTo(1);
    expect(levels.filter(({ rangesShort }) => rangesShort > 0)).toEqual([]);
  });

  test.each<[captured: number, enoughFor: readonly WriteConsistency[]]>([
    [2, ['TWO', 'THREE', 'QUORUM', 'LOCAL_QUORUM', 'EACH_QUORUM', 'ALL']],
    [1, ['THREE', 'ALL']],
    [0, []],
  ])('%i of 3 replicas see every acknowledged write at %j', (captured, enoughFor) => {
    const isCovered = (host: string) => Number(host.slice(1)) <= captured;
    expect(enough(coverageOf(replicasOfRing(three, simple(3))!, isCovered))).toEqual(enoughFor);
  });

  test('ranges are told apart by how much of them is captured, the worst first', () => {
    const four = [1, 2, 3, 4].map((n) => aMember(`h${n}`, [BigInt(n) * 100n]));
    const { groups, levels } = coverageOf(replicasOfRing(four, simple(3))!, (host) => host !== 'h4');
    expect(groups).toMatchObject([
      { covered: 2, replicas: 3, ranges: 3 },
      { covered: 3, replicas: 3, ranges: 1 },
    ]);
    expect(levels.find(({ level }) => level === 'ONE')).toMatchObject({ rangesShort: 3 });
    expect(levels.find(({ level }) => level === 'QUORUM')).toMatchObject({ rangesShort: 0, shareShort: 0 });
  });

  test('a local consistency must hold in every datacenter, EACH_QUORUM in one', () => {
    const members = ['a', 'a', 'a', 'b', 'b', 'b'].map((name, n) => aMember(`${name}${n}`, [BigInt(n)], name));
    const onlyA = coverageOf(replicasOfRing(members, network({ a: 3, b: 3 }))!, (host) => host.startsWith('a'));
    expect(enough(onlyA)).toEqual(['QUORUM', 'EACH_QUORUM', 'ALL']);
  });

  test('what is said of a level holds for whichever replicas a write was acknowledged by', () => {
    const world = fc.record({
      replicas: fc.integer({ min: 1, max: 6 }),
      covered: fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }),
      order: fc.shuffledSubarray([0, 1, 2, 3, 4, 5], { minLength: 6 }),
    });
    fc.assert(
      fc.property(world, ({ replicas, covered, order }) => {
        const members = Array.from({ length: replicas }, (_, n) => aMember(`h${n}`, [BigInt(n)]));
        const coverage = coverageOf(replicasOfRing(members, simple(replicas))!, (host) => covered[Number(host[1])]!);
        for (const level of enough(coverage)) {
          const acknowledgedBy = order.filter((n) => n < replicas).slice(0, leastCopies(level, replicas));
          expect(acknowledgedBy.some((n) => covered[n])).toBe(true);
        }
      }),
    );
  });
});

function leastCopies(level: WriteConsistency, replicas: number): number {
  const counts: Partial<Record<WriteConsistency, number>> = { ONE: 1, LOCAL_ONE: 1, TWO: 2, THREE: 3, ALL: replicas };
  return Math.min(replicas, counts[level] ?? Math.floor(replicas / 2) + 1);
}

function enough({ levels }: ReturnType<typeof coverageOf>): readonly WriteConsistency[] {
  return levels.filter(({ rangesShort }) => rangesShort === 0).map(({ level }) => level);
}

function keepers(members: readonly RingMember[], replication: Readonly<Record<string, string>>): readonly string[] {
  return replicasOfRing(members, replication)!.map(({ replicas }) => replicas.map(({ hostId }) => hostId).join(' '));
}

function aMember(hostId: string, tokens: readonly bigint[], datacenter = 'dc1', rack = 'r1'): RingMember {
  return { hostId, datacenter, rack, tokens };
}
