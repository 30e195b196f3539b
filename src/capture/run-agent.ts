import { mkdir } from 'node:fs/promises';
import { OperatorError } from '../errors.ts';
import type { Report } from '../events.ts';
import type { AgentSettings } from '../model/agent-settings.ts';
import type { Clock } from '../ports/clock.ts';
import type { MessageBus } from '../ports/message-bus.ts';
import type { AgentPosition } from './agent-position.ts';
import { beginAtEnd } from './begin-at-end.ts';
import { followSession, type SessionParts } from './follow-session.ts';
import { holdSegments } from './hold-segments.ts';
import { cdcSegments } from './list-cdc-segments.ts';
import { hasCode } from './list-segments.ts';
import { lockFolder } from './lock-folder.ts';
import { readPosition } from './position-file.ts';
import { openProgress, type Progress } from './progress.ts';
import { BusLostError } from './publish-changes.ts';
import { progressSaver } from './save-progress.ts';
import type { SegmentSource } from './segment-source.ts';

export interface AgentContext {
  /** Only its publishers are used. */
  readonly bus: Pick<MessageBus, 'publisher'>;
  readonly clock: Clock;
  readonly report: Report;
  /** Ends the agent: what is on its way is confirmed and saved, then runAgent resolves. */
  readonly signal: AbortSignal;
}

/**
 * Follows one node's commit log and publishes its records, watermarks and drain marks until the signal aborts. Waits while
 * Pulsar is away. May be killed at any moment: the next start goes on behind what Pulsar acknowledged.
 * Throws OperatorError when another agent has the folder, or the log cannot be reached.
 */
export async function runAgent(settings: AgentSettings, context: AgentContext): Promise<void> {
  await mkdir(settings.folder, { recursive: true });
  const unlock = await lockFolder(settings.folder);
  try {
    await runLocked(settings, context);
  } finally {
    await unlock();
  }
}

async function runLocked(settings: AgentSettings, context: AgentContext): Promise<void> {
  const { clock, signal } = context;
  const progress = openProgress(await startPosition(settings, clock));
  const source = await openSource(settings, progress, context);
  const saver = progressSaver(settings.folder, progress, { clock, onSaved: (saved) => source.tidy(saved) });
  // At once: a crash before the first record would otherwise begin again, at a later end.
  await saver.saveNow();
  const looker = new AbortController();
  const stop = AbortSignal.any([signal, looker.signal]);
  const looking = keepLooking(source, clock, stop).catch((error: unknown) => looker.abort(error));
  try {
    await followUntil({ ...context, settings, progress, saver, source }, stop);
    if (!signal.aborted) throw looker.signal.reason;
  } finally {
    looker.abort();
    await looking;
  }
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

async function openSource(settings: AgentSettings, progress: Progress, context: AgentContext): Promise<SegmentSource> {
  const { clock, report } = context;
  if (settings.mode === 'cdc') return cdcSegments(settings, progress, clock);
  return holdSegments(settings, progress, {
    clock,
    onHole: (hole) => report({ kind: 'capture-hole', node: settings.node, ...hole }),
    onFull: (bytes) =>
      report({
        kind: 'warning',
        text: `the held segments take ${bytes} bytes: new ones are not held until some are published`,
      }),
  });
}

/** New segments are held also while reading waits for Pulsar. */
async function keepLooking(source: SegmentSource, clock: Clock, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await source.look();
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
