import type { GateFacts } from '../cutover/gates.ts';
import type { StreamPosition } from '../stream/stream-position.ts';
import { openLetters } from './open-letters.ts';
import { parkedTables } from './parked-tables.ts';
import type { PhaseContext } from './phase-context.ts';
import { readAgentStates } from './read-agent-states.ts';
import { askStream } from './stream-clock.ts';

/** Long enough that a change written at its beginning is at the sink at its end. */
const watchMs = 6_000;

/** Looks at everything that the gates ask about. Takes some seconds: whether writes have stopped is watched. */
export async function gatherGateFacts(context: PhaseContext): Promise<GateFacts> {
  const { source, bus, ledger, clock, options, signal } = context;
  const before = await askStream(context);
  const countersBefore = await readAgentStates(context);
  await clock.sleep(watchMs, signal);
  const after = await askStream(context);
  const countersAfter = await readAgentStates(context);
  const nodes = await source.nodes(signal);
  const settings = await Promise.all(
    nodes.filter((node) => node.isUp).map((node) => source.nodeSettings(node, signal)),
  );
  const state = await ledger.refresh(signal);
  return {
    state,
    nodes,
    writesStopped: options.writesStopped,
    hintsChecked: options.hintsChecked,
    changesSeen: changesBetween(before, after),
    counterChangesSeen: counterChangesBetween(countersBefore, countersAfter),
    pendingHints: new Map(settings.map(({ hostId, pendingHints }) => [hostId, pendingHints])),
    pendingBatches: new Map(settings.map(({ hostId, pendingBatches }) => [hostId, pendingBatches])),
    deadLetters: (await openLetters(bus, state, signal)).length,
    parked: parkedTables(after, state),
    unbrokenSince: unbrokenSince(after),
    streamUnknownBecause: after.unknownBecause,
  };
}

/** Updates of migrated tables; canaries and other tables do not count. */
function changesBetween(before: StreamPosition, after: StreamPosition): number | undefined {
  if (before.unknownBecause !== undefined || after.unknownBecause !== undefined) return undefined;
  let changes = 0;
  for (const [partition, { books, worker }] of after.partitions) {
    const earlier = before.partitions.get(partition);
    // A partition that moved begins its books anew: nobody can tell.
    if (earlier?.worker !== worker) return undefined;
    changes += books.received - books.ignored - (earlier.books.received - earlier.books.ignored);
  }
  return changes;
}

/** Records of counter tables, which agents count and do not publish. One that was started meanwhile tells too few, never too many. */
function counterChangesBetween(before: AgentStates, after: AgentStates): number {
  const seen = [...after].map(([node, { counterRecords }]) =>
    Math.max(0, counterRecords - (before.get(node)?.counterRecords ?? counterRecords)),
  );
  return seen.reduce((sum, count) => sum + count, 0);
}

type AgentStates = Awaited<ReturnType<typeof readAgentStates>>;

export function unbrokenSince({ partitions }: StreamPosition): ReadonlyMap<string, bigint> {
  const latest = new Map<string, bigint>();
  for (const { unbrokenSince: since } of partitions.values())
    for (const [node, instant] of Object.entries(since))
      if (instant > (latest.get(node) ?? 0n)) latest.set(node, instant);
  return latest;
}
