import type { ReplicatedRange, RingMember } from './ring-replicas.ts';

/** How much of the ring's writes the agents see, over all ranges. */
export interface Coverage {
  /** Ranges by how many of their replicas are captured without a break since the hand-over; the worst first. */
  readonly groups: readonly CoverageGroup[];
  /** For each consistency that an application may write at. */
  readonly levels: readonly LevelCoverage[];
}

interface CoverageGroup {
  readonly covered: number;
  readonly replicas: number;
  readonly ranges: number;
  /** Of all tokens, 0 to 1. */
  readonly share: number;
}

interface LevelCoverage {
  readonly level: WriteConsistency;
  /** Ranges where a write acknowledged at this level may be on no captured replica, and their share of all tokens. */
  readonly rangesShort: number;
  readonly shareShort: number;
}

const writeConsistencies = [
  ...(['ONE', 'LOCAL_ONE', 'TWO', 'THREE'] as const),
  ...(['QUORUM', 'LOCAL_QUORUM', 'EACH_QUORUM', 'ALL'] as const),
] as const;
export type WriteConsistency = (typeof writeConsistencies)[number];

/** What of the ring is captured, if these nodes' captures are unbroken. */
export function coverageOf(ranges: readonly ReplicatedRange[], isCovered: (hostId: string) => boolean): Coverage {
  const groups = new Map<string, CoverageGroup>();
  for (const { replicas, share } of ranges) {
    const covered = replicas.filter(({ hostId }) => isCovered(hostId)).length;
    const key = `${covered}/${replicas.length}`;
    const known = groups.get(key) ?? { covered, replicas: replicas.length, ranges: 0, share: 0 };
    groups.set(key, { ...known, ranges: known.ranges + 1, share: known.share + share });
  }
  const levels = writeConsistencies.map((level): LevelCoverage => {
    const short = ranges.filter(({ replicas }) => !seesEveryWrite(level, replicas, isCovered));
    return { level, rangesShort: short.length, shareShort: short.reduce((sum, { share }) => sum + share, 0) };
  });
  return { groups: [...groups.values()].sort((a, b) => a.covered - b.covered), levels };
}

/**
 * Whether every write that was acknowledged at a consistency stands in the log of a captured replica of its range.
 *
 * A write acknowledged at a level stands in the logs of at least k of the n replicas that count for it (a hint does not
 * count, but at ANY; nodes that join are waited for beside the k, so k of the others have it). Of n replicas with u
 * uncaptured ones, those k can all be uncaptured only if u >= k: so n - k + 1 captured replicas see every write, u < k.
 * One copy is enough, since the sink drops the others. Which datacenter an application writes in is not known: a local
 * level must hold in each. EACH_QUORUM has its k in every datacenter, of which one is enough.
 *
 * Not said of a write that was refused or timed out and is there all the same: it may stand on a single replica, and is
 * seen if that one is captured, or once a hint or a read repair brings it to a captured one. Those go through the log;
 * `nodetool repair`, bootstrap and bulk loads do not, and add nothing that was acknowledged on a captured replica.
 */
function seesEveryWrite(
  level: WriteConsistency,
  replicas: readonly RingMember[],
  isCovered: (hostId: string) => boolean,
): boolean {
  const sees = (group: readonly RingMember[], acknowledgedBy: number) =>
    group.filter(({ hostId }) => !isCovered(hostId)).length < acknowledgedBy;
  const datacenters = [...new Set(replicas.map(({ datacenter }) => datacenter))].map((name) =>
    replicas.filter(({ datacenter }) => datacenter === name),
  );
  switch (level) {
    case 'ONE':
      return sees(replicas, 1);
    case 'TWO':
      return sees(replicas, Math.min(2, replicas.length));
    case 'THREE':
      return sees(replicas, Math.min(3, replicas.length));
    case 'QUORUM':
      return sees(replicas, quorumOf(replicas));
    case 'ALL':
      return sees(replicas, replicas.length);
    case 'LOCAL_ONE':
      return datacenters.every((group) => sees(group, 1));
    case 'LOCAL_QUORUM':
      return datacenters.every((group) => sees(group, quorumOf(group)));
    case 'EACH_QUORUM':
      return datacenters.some((group) => sees(group, quorumOf(group)));
  }
}

function quorumOf(replicas: readonly RingMember[]): number {
  return Math.floor(replicas.length / 2) + 1;
}
