import type { SourceNode } from '../ports/source-cluster.ts';
import type { DoubtfulSlice, HandOverRecord } from './ledger-event.ts';
import type { MigrationState } from './migration-state.ts';

/** A host whose writes may go unseen. */
export type RingAlarm =
  /** It is in the ring, and no agent of this migration was ever started for it. */
  | { readonly kind: 'no-agent'; readonly hostId: string; readonly address: string; readonly replaces?: string }
  /** It has an agent, which has not been heard; `silentSeconds` is undefined when it has not been heard at all. */
  | {
      readonly kind: 'agent-silent';
      readonly hostId: string;
      readonly address: string;
      readonly silentSeconds: number | undefined;
    }
  /** It had an agent, and is in the ring no more. */
  | { readonly kind: 'node-left'; readonly hostId: string; readonly address: string };

export interface RingFacts {
  readonly state: Pick<MigrationState, 'capture' | 'handOver' | 'cutover'>;
  readonly ring: readonly Pick<SourceNode, 'hostId' | 'address'>[];
  /** When each host's agent was last heard, milliseconds since 1970, by host id. */
  readonly heardAtMs: ReadonlyMap<string, number>;
  readonly nowMs: number;
}

/** An agent speaks each second; one that is started again, or waits for Pulsar, may pause for some. */
const longestSilenceMs = 30_000;

/**
 * The nodes whose agents the stream waits for: those of the last deploy-agent, which is how a node that joined after the
 * hand-over, or took the place of another, comes to be followed.
 */
export function followedNodes({ capture, handOver }: RingFacts['state']): HandOverRecord['nodes'] {
  return capture?.nodes ?? handOver?.nodes ?? [];
}

/**
 * Those of the ring of whose writes nobody can say that they are in a change or in a hole. Behind an undo that was begun these are all, also where
 * agents run on: it has failed at a node, or leaves them to others, and the tables may be without their cdc option.
 */
export function withoutAgent<Host extends Pick<SourceNode, 'hostId'>>(
  state: RingFacts['state'],
  ring: readonly Host[],
): readonly Host[] {
  return state.capture?.isUndone ? ring : notFollowed(state, ring);
}

/** Why, of what withoutAgent answers. */
export function unseenText({ capture }: RingFacts['state'], unseen: readonly Pick<SourceNode, 'address'>[]): string {
  if (capture?.isUndone) return 'deploy-agent is undone';
  return `no agent on ${unseen.map(({ address }) => address).join(', ')}`;
}

function notFollowed<Host extends Pick<SourceNode, 'hostId'>>(
  state: RingFacts['state'],
  ring: readonly Host[],
): readonly Host[] {
  const followed = new Set(followedNodes(state).map(({ hostId }) => hostId));
  return ring.filter(({ hostId }) => !followed.has(hostId));
}

/** Compares the ring with the record of agents. Nothing is wrong before the hand-over or after the cutover. */
export function compareRing({ state, ring, heardAtMs, nowMs }: RingFacts): readonly RingAlarm[] {
  if (state.handOver === undefined || state.cutover !== undefined) return [];
  const followed = followedNodes(state);
  const inRing = new Set(ring.map(({ hostId }) => hostId));
  const unseen = new Set(notFollowed(state, ring));
  const alarms = ring.map((host): RingAlarm | undefined => {
    const { hostId, address } = host;
    if (unseen.has(host)) {
      const before = followed.find((node) => node.address === address && !inRing.has(node.hostId));
      return { kind: 'no-agent', hostId, address, ...(before && { replaces: before.hostId }) };
    }
    const heardAt = heardAtMs.get(hostId);
    if (heardAt !== undefined && nowMs - heardAt <= longestSilenceMs) return undefined;
    const silentSeconds = heardAt === undefined ? undefined : Math.round((nowMs - heardAt) / 1000);
    return { kind: 'agent-silent', hostId, address, silentSeconds };
  });
  const left = followed
    .filter(({ hostId }) => !inRing.has(hostId))
    .map(({ hostId, address }): RingAlarm => ({ kind: 'node-left', hostId, address }));
  return [...alarms.filter((alarm) => alarm !== undefined), ...left];
}

/**
 * What is in doubt because of hosts without an agent: every table, since such a host takes writes of all of them. Once for
 * a host and table: a slice that is open or was settled is not opened again, also while the host still has no agent. As long
 * as it has none a comparison of what changed looks at every row whatever the slices say, and the cutover wants one of everything.
 * A silent agent opens none: it tells of the hole itself when it is back, or of none.
 */
export function slicesOfAlarms(
  alarms: readonly RingAlarm[],
  { handOver, openSlices, settledSlices }: Pick<MigrationState, 'handOver' | 'openSlices' | 'settledSlices'>,
  nowMicros: bigint,
): readonly DoubtfulSlice[] {
  const hosts = alarms.filter(({ kind }) => kind === 'no-agent');
  const slices = hosts.flatMap((alarm) =>
    (handOver?.tables ?? []).map(({ name }): DoubtfulSlice => {
      const reason = `no agent on ${alarm.address} (${alarm.hostId})`;
      return { id: `${name}/${reason}`, table: name, reason, openedAtMicros: nowMicros };
    }),
  );
  return slices.filter(({ id }) => !openSlices.has(id) && !settledSlices.has(id));
}

/** What is wrong with a host, and what to do about it. */
export function alarmSentence(alarm: RingAlarm): { readonly reason: string; readonly next: string } {
  const deploy = 'give it a place in capture.agents and run deploy-agent, with --plan and the digest of the new plan';
  switch (alarm.kind) {
    case 'no-agent':
      return {
        reason:
          alarm.replaces === undefined
            ? 'it is in the ring and has no agent: what is written to it alone is not seen'
            : `it has taken the place of ${alarm.replaces} and has no agent: what is written to it alone is not seen`,
        next: deploy,
      };
    case 'agent-silent':
      return {
        reason:
          alarm.silentSeconds === undefined
            ? 'its agent has not been heard for more than a minute'
            : `its agent has not been heard for ${alarm.silentSeconds} s`,
        next: "read agent.log in the agent's folder; once the node is up, cdcmig run --phase deploy-agent starts its agent again",
      };
    case 'node-left':
      return {
        reason: 'it is in the ring no more, and the stream still waits for its agent',
        next: 'take it out of capture.agents and run deploy-agent, with --plan and the digest of the new plan',
      };
  }
}
