/** A node by the place that replicas are spread over. */
interface Placed {
  readonly datacenter: string;
  readonly rack: string;
}

interface Replicated {
  readonly name: string;
  readonly replication: Readonly<Record<string, string>>;
}

export interface CrowdedKeyspace {
  readonly name: string;
  /** What makes a whole rack mean more to it than one node does. */
  readonly why: string;
}

/**
 * The keyspaces of an application for which a rack that is away takes more than one replica of a row, or its only one. The strategy
 * NetworkTopologyStrategy puts the replicas of a datacenter on as many racks as there are: each on its own, if there are enough of them.
 * Those of Cassandra itself, and of our canaries, are not looked at.
 */
export function crowdedKeyspaces(
  keyspaces: readonly Replicated[],
  nodes: readonly Placed[],
): readonly CrowdedKeyspace[] {
  const racks = racksOf(nodes);
  return keyspaces
    .filter(({ name }) => !/^system(_|$)/.test(name) && name !== 'cdcmig_canary')
    .flatMap(({ name, replication }) => whysOf(replication, racks).map((why) => ({ name, why })));
}

/** Nodes of one rack of one datacenter together, in the order in which their racks come first. */
export function byRack<Each>(each: readonly Each[], placeOf: (one: Each) => Placed): readonly (readonly Each[])[] {
  const groups = new Map<string, Each[]>();
  for (const one of each) {
    const { datacenter, rack } = placeOf(one);
    const place = JSON.stringify([datacenter, rack]);
    groups.set(place, [...(groups.get(place) ?? []), one]);
  }
  return [...groups.values()];
}

function racksOf(nodes: readonly Placed[]): ReadonlyMap<string, number> {
  const datacenters = Map.groupBy(nodes, ({ datacenter }) => datacenter);
  return new Map([...datacenters].map(([name, all]) => [name, new Set(all.map(({ rack }) => rack)).size]));
}

function whysOf(replication: Readonly<Record<string, string>>, racks: ReadonlyMap<string, number>): readonly string[] {
  const { class: strategy = 'none', ...factors } = replication;
  const name = strategy.split('.').at(-1)!;
  if (name !== 'NetworkTopologyStrategy') return [`${name}, which knows no racks`];
  return [...racks].flatMap(([datacenter, count]) => {
    // Not named: no replica of it is there.
    const written = factors[datacenter] ?? '0';
    const replicas = Number(written);
    if (!Number.isInteger(replicas)) return [`${written} replicas in ${datacenter}`];
    if (replicas === 1) return [`a single replica in ${datacenter}`];
    return replicas > count ? [`${replicas} replicas in ${datacenter}, which has ${count} racks`] : [];
  });
}
