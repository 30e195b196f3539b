import { mkdir } from 'node:fs/promises';
import { OperatorError } from '../errors.ts';
import type { Report } from '../events.ts';
import type { AgentSettings } from '../model/agent-settings.ts';
import type { Clock } from '../ports/clock.ts';
import type { MessageBus } from '../ports/message-bus.ts';
import { UnsupportedSegmentError } from '../wire/commitlog/errors.ts';
import type { AgentPosition } from './agent-position.ts';
import { beginAtEnd } from './begin-at-end.ts';
import { type BookHole, bookHoles } from './book-holes.ts';
import { followSession, type SessionParts } from './follow-session.ts';
import { holdSegments } from './hold-segments.ts';
import { openInterlock } from './interlock.ts';
import { cdcSegments } from './list-cdc-segments.ts';
import { hasCode } from './list-segments.ts';
import { lockFolder } from './lock-folder.ts';
import { holeNoter } from './note-hole.ts';
import { readPosition } from './position-file.ts';
import { openProgress } from './progress.ts';
import { BusLostError } from './publish-changes.ts';
import { openPulse } from './pulse.ts';
import { progressSaver } from './save-progress.ts';
import type { SegmentSource } from './segment-source.ts';
import { tellState } from './tell-state.ts';
import type { WatchParts } from './watch-segments.ts';

export interface AgentContext {
  /** Only its publishers are used. */
  readonly bus: Pick<MessageBus, 'publisher'>;
  readonly clock: Clock;
  readonly report: Report;
  /** Writes a hole into the migration's ledger. */
  readonly bookHole: BookHole;
  /** Ends the agent: what is on its way is confirmed and saved, then runAgent resolves. */
  readonly signal: AbortSignal;
}

/**
 * Follows one node's commit log and publishes its records, watermarks and drain marks until the signal aborts. Waits while
 * Pulsar is away. May be killed at any moment: the next start goes on behind what Pulsar acknowledged.
 * Throws OperatorError when another agent has the folder, or the log cannot be reached or read.
 */
export async function runAgent(settings: AgentSettings, context: AgentContext): Promise<void> {
  await mkdir(settings.folder, { recursive: true });
  const unlock = await lockFolder(settings.folder);
  try {
    await runLocked(settings, context);
  } catch (error) {
    throw error instanceof UnsupportedSegmentError ? unreadableLog(error) : error;
  } finally {
    await unlock();
  }
}

async function runLocked(settings: AgentSettings, context: AgentContext): Promise<void> {
  const { clock, report, signal } = context;
  const progress = openProgress(await startPosition(settings, clock));
  const openIds = new Set<bigint>();
  const noteHole = holeNoter({ settings, progress, clock, report });
  const watch = { progress, noteHole, isOpen: (id: bigint) => openIds.has(id) };
  const source = await openSource(settings, watch, context);
  const saver = progressSaver(settings.folder, progress, { clock, onSaved: (saved) => source.tidy(saved) });
  // At once: a crash before the first record would otherwise begin again, at a later end.
  await saver.saveNow();
  const pulse = openPulse(clock.nowMicros());
  const interlock = openInterlock({ settings, progress, saver, source, clock, report });
  const counters = { records: 0 };
  const session = { ...context, settings, progress, saver, source, noteHole, openIds, pulse, counters };
  try {
    await untilOneEnds(signal, [
      (stop) => keepLooking(session, stop),
      (stop) => tellState({ ...session, interlock }, stop),
      (stop) => bookHoles(session, stop),
      (stop) => followUntil(session, stop),
    ]);
    // What was found last is saved, also where the session could not settle.
    await saver.saveNow();
  } finally {
    await source.close();
  }
}

/** Runs all of it under one signal; the first that fails ends the others and is thrown once all have ended. */
async function untilOneEnds(
  signal: AbortSignal,
  tasks: readonly ((stop: AbortSignal) => Promise<void>)[],
): Promise<void> {
  const failed = new AbortController();
  const stop = AbortSignal.any([signal, failed.signal]);
  await Promise.all(tasks.map((task) => task(stop).catch((error: unknown) => failed.abort(error))));
  if (failed.signal.aborted) throw failed.signal.reason;
}

function unreadableLog(cause: UnsupportedSegmentError): OperatorError {
  const next = 'an encrypted or foreign commit log cannot be captured: use another node setting, or another feed';
  return new OperatorError({ expected: 'a commit log that cdcmig can read', found: cause.message, next }, { cause });
}

async function startPosition(settings: AgentSettings, clock: Clock): Promise<AgentPosition> {
  const directory = logDirectory(settings);
  try {
    return (await readPosition(settings.folder, settings.node)) ?? (await beginAtEnd(directory, settings.node, clock));
  } catch (error) {
    if (error instanceof OperatorError || !(hasCode(error, 'EACCES') || hasCode(error, 'ENOENT'))) throw error;
    const next =
      'set the directory in the configuration as in the node’s cassandra.yaml, and run as a user who may read it';
    throw new OperatorError(
      { expected: `to read ${directory}`, found: (error as Error).message, next },
      { cause: error },
    );
  }
}

function logDirectory(settings: AgentSettings): string {
  return settings.mode === 'cdc' ? settings.cdcRawDirectory : settings.commitLogDirectory;
}

async function openSource(settings: AgentSettings, watch: WatchParts, context: AgentContext): Promise<SegmentSource> {
  const { clock, report } = context;
  if (settings.mode === 'cdc')
    return cdcSegments(settings, watch.progress, {
      clock,
      watch,
      onUnlinked: (segment) =>
        report({
          kind: 'warning',
          text: `the node writes segment ${segment} with changes that cdc_raw does not show: set cdc_enabled: true in its cassandra.yaml and restart it`,
        }),
    });
  return holdSegments(settings, watch.progress, {
    clock,
    watch,
    onFull: (bytes) =>
      report({
        kind: 'warning',
        text: `the held segments take ${bytes} bytes: new ones are not held until some are published`,
      }),
  });
}

/** New segments are held, and what is missed is noted, also while reading waits for Pulsar. */
async function keepLooking({ source, saver, clock }: SessionParts, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await source.look();
    saver.saveSometimes();
    await clock.sleep(lookPauseMs, signal).catch(() => {});
  }
}

const lookPauseMs = 50;

async function followUntil(parts: SessionParts, signal: AbortSignal): Promise<void> {
  const reportWaiting = waitingReporter(parts);
  while (!signal.aborted) {
    try {
      await followSession(parts, signal);
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof BusLostError)) throw error;
      parts.pulse.lost(error.message);
      reportWaiting(error.message);
      await parts.clock.sleep(retryMs, signal).catch(() => {});
    }
  }
}

const retryMs = 1_000;

/** Says why it waits when the reason changes, and otherwise once a minute. */
function waitingReporter({ clock, report }: SessionParts): (reason: string) => void {
  let said: string | undefined;
  let saidMicros = 0n;
  return (reason) => {
    const nowMicros = clock.nowMicros();
    if (reason === said && nowMicros - saidMicros < 60_000_000n) return;
    report({ kind: 'waiting', reason });
    said = reason;
    saidMicros = nowMicros;
  };
}
