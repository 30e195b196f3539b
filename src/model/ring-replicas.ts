/** A node's place in the ring. */
export interface RingMember {
  readonly hostId: string;
  readonly datacenter: string;
  readonly rack: string;
  readonly tokens: readonly bigint[];
}

/** The tokens from one of the ring up to and with the next, and who keeps their rows. */
export interface ReplicatedRange {
  /** Of all tokens, 0 to 1. */
  readonly share: number;
  readonly replicas: readonly RingMember[];
}

/**
 * Who keeps what, as Cassandra's SimpleStrategy and NetworkTopologyStrategy place replicas: clockwise from the range's own
 * node; by the latter so many in each datacenter, and of racks that have none before others. Undefined for another strategy.
 */
export function replicasOfRing(
  members: readonly RingMember[],
  replication: Readonly<Record<string, string>>,
): readonly ReplicatedRange[] | undefined {
  const place = placementOf(members, replication);
  if (place === undefined) return undefined;
  const ring = members
    .flatMap((member) => member.tokens.map((token) => ({ token, member })))
    .sort((a, b) => (a.token < b.token ? -1 : 1));
  return ring.map(({ token }, index) => {
    const clockwise = [...ring.slice(index), ...ring.slice(0, index)].map(({ member }) => member);
    return { share: shareBetween(ring.at(index - 1)!.token, token), replicas: place([...new Set(clockwise)]) };
  });
}

/** Picks from the nodes in the order in which the ring meets them. */
type Placement = (clockwise: readonly RingMember[]) => readonly RingMember[];

function placementOf(
  members: readonly RingMember[],
  { class: name = '', ...options }: Readonly<Record<string, string>>,
): Placement | undefined {
  const strategy = name.replace(/^.*\./, '');
  if (strategy === 'SimpleStrategy') return (nodes) => nodes.slice(0, factorOf(options.replication_factor));
  if (strategy !== 'NetworkTopologyStrategy') return undefined;
  const wanted = Object.entries(options).map(([datacenter, factor]) => {
    const racks = new Set(members.filter((member) => member.datacenter === datacenter).map(({ rack }) => rack));
    return { datacenter, count: factorOf(factor), rackCount: racks.size };
  });
  return (nodes) => wanted.flatMap((each) => spreadOverRacks(nodes, each));
}

/** A node of a rack that has one already is taken only as often as there are fewer racks than replicas. */
function spreadOverRacks(
  clockwise: readonly RingMember[],
  { datacenter, count, rackCount }: { readonly datacenter: string; readonly count: number; readonly rackCount: number },
): readonly RingMember[] {
  const picked: RingMember[] = [];
  const racks = new Set<string>();
  let repeats = count - rackCount;
  for (const member of clockwise) {
    if (picked.length === count) break;
    if (member.datacenter !== datacenter) continue;
    if (racks.has(member.rack) && repeats-- <= 0) continue;
    racks.add(member.rack);
    picked.push(member);
  }
  return picked;
}

/** `3`, or `3/1` where one of the three is transient. */
function factorOf(text: string | undefined): number {
  return Number(text?.split('/')[0] ?? 0);
}

function shareBetween(after: bigint, upTo: bigint): number {
  const width = BigInt.asUintN(64, upTo - after);
  return width === 0n ? 1 : Number(width) / 2 ** 64;
}
