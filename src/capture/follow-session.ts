import type { Report } from '../events.ts';
import type { AgentSettings } from '../model/agent-settings.ts';
import type { RecordEvent } from '../model/change-event.ts';
import type { Clock } from '../ports/clock.ts';
import type { MessageBus } from '../ports/message-bus.ts';
import { sinceOf } from './agent-position.ts';
import { finishRule } from './finished-segments.ts';
import { type FollowedSegment, followLog, type LogFollower, type ReadSection } from './follow-log.ts';
import { type InFlight, openInFlight } from './in-flight.ts';
import { missTooBig } from './miss-too-big.ts';
import type { NoteHole } from './note-hole.ts';
import type { Progress } from './progress.ts';
import { busLost, openChangesPublisher } from './publish-changes.ts';
import { type CounterTally, sectionPublisher } from './publish-section.ts';
import type { Pulse } from './pulse.ts';
import type { ProgressSaver } from './save-progress.ts';
import type { SeenSegment, SegmentSource } from './segment-source.ts';
import { type Claims, openClaims } from './send-claims.ts';

export interface SessionParts {
  readonly settings: AgentSettings;
  readonly bus: Pick<MessageBus, 'publisher'>;
  readonly clock: Clock;
  readonly progress: Progress;
  readonly saver: ProgressSaver;
  readonly source: SegmentSource;
  readonly noteHole: NoteHole;
  /** The segments that are open; kept by the session, empty between two. */
  readonly openIds: Set<bigint>;
  readonly pulse: Pulse;
  readonly counters: CounterTally;
  readonly report: Report;
}

/**
 * Follows the log from what is acknowledged, with publishers of its own, until the signal aborts; then it waits a little
 * for what is on its way and saves. Throws BusLostError when Pulsar is away: a new session goes on behind what is acknowledged.
 */
export async function followSession(parts: SessionParts, signal: AbortSignal): Promise<void> {
  const fault = new AbortController();
  const stop = AbortSignal.any([signal, fault.signal]);
  const onFault = (error: unknown) => {
    if (!signal.aborted) fault.abort(error);
  };
  const onTooBig = (event: RecordEvent) => missTooBig(event, parts);
  const { changesPartitions: partitions } = parts.settings;
  const publisher = await openChangesPublisher({ bus: parts.bus, partitions, onTooBig }, stop);
  const lose = () => onFault(busLost(publisher.lost.reason));
  publisher.lost.addEventListener('abort', lose, { once: true });
  if (publisher.lost.aborted) lose();
  const inFlight = openInFlight(maxInFlightBytes, onFault);
  const { places } = parts.progress.position;
  const log = followLog({ places, openIds: parts.openIds, room: () => inFlight.room(stop) });
  const claims = openClaims({ ...parts, publisher, inFlight, signal: stop, onFault });
  const publish = sectionPublisher({ ...parts, publisher, inFlight, claims, stop, over: fault.signal });
  try {
    await passes({ ...parts, log, claims, publish }, stop);
  } catch (error) {
    if (fault.signal.aborted) throw fault.signal.reason;
    if (!signal.aborted) throw error;
    await settle(inFlight, parts.saver);
  } finally {
    // Late acknowledgements of this session must not move what the next one has taken up.
    fault.abort();
    await log.close();
    await publisher.close();
  }
}

/** Records that wait for Pulsar and the sections they pin; the last section read may go beyond it. Enough for 7,500 small ones on their way. */
const maxInFlightBytes = 16 * 1024 * 1024;

interface PassParts extends SessionParts {
  readonly log: LogFollower;
  readonly claims: Claims;
  readonly publish: (read: ReadSection) => Promise<void>;
}

/** Looks and reads until the signal aborts, which it throws. */
async function passes(parts: PassParts, stop: AbortSignal): Promise<never> {
  const rule = finishRule();
  for (;;) {
    await parts.log.forgetUpTo(parts.progress.position.finishedUpTo);
    const look = await parts.source.look();
    const followed = await parts.log.readToEnd(look.segments, async (read) => {
      stop.throwIfAborted();
      await parts.publish(read);
      parts.saver.saveSometimes();
    });
    await finish(parts, rule.finished(followed, look.atMicros));
    if (look.isComplete && followed.every(({ fault }) => fault === undefined) && areHolesBooked(parts.progress))
      parts.claims.offer(look.atMicros);
    parts.saver.saveSometimes();
    await parts.clock.sleep(passPauseMs, stop);
  }
}

/** A claim says that all before it can be read, or is named as missing: so a hole stands in the ledger before any. */
function areHolesBooked({ position }: Progress): boolean {
  return position.owedHoles.length === 0;
}

/** A part of the latency; a pass without news costs two listings. */
const passPauseMs = 20;

/** Lets go of what is finished and acknowledged, in the order of ids, so that one number says what is finished. */
async function finish(parts: PassParts, finished: readonly FollowedSegment[]): Promise<void> {
  for (const one of finished) {
    // A release has passed it while it was read.
    if (one.segment.id <= parts.progress.position.finishedUpTo) continue;
    if (!isAcknowledged(one, parts.progress)) return;
    const fault = one.fault ?? (await parts.log.faultOfHeader(one.segment.id));
    if (fault !== undefined) await giveUp(parts, one.segment, fault);
    parts.progress.finish(one.segment.id);
    // Last: while it is open, that its file is gone is no hole.
    await parts.log.forget(one.segment.id);
  }
}

function isAcknowledged({ segment, hasData, place }: FollowedSegment, { position }: Progress): boolean {
  return !hasData || position.places.get(segment.id)?.fileOffset === place?.fileOffset;
}

/** The node writes it no more and it is damaged still: what follows the damage is lost to us. */
async function giveUp({ source, progress, noteHole, report }: PassParts, segment: SeenSegment, fault: string) {
  await source.setAside(segment);
  report({ kind: 'warning', text: `${segment.path} is kept in the agent's folder "damaged": ${fault}` });
  noteHole({
    fromSegment: segment.id,
    toSegment: segment.id,
    fromMicros: sinceOf(segment.id, progress.position),
    tableIds: undefined,
    reason: 'damaged',
  });
}

/** What Pulsar confirms in a few seconds more need not be sent again by the next start. */
async function settle(inFlight: InFlight, saver: ProgressSaver): Promise<void> {
  await inFlight.drained(AbortSignal.timeout(settleMs)).catch(() => {});
  await saver.saveNow();
}

const settleMs = 5_000;
