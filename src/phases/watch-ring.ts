import { OperatorError } from '../errors.ts';
import { alarmSentence, compareRing, type RingAlarm, slicesOfAlarms } from '../state/compare-ring.ts';
import { heardSince, hearVoices, wakeAgents } from './datastax-voices.ts';
import type { WorkerContext } from './phase-context.ts';
import { sideBySide } from './side-by-side.ts';

/** With the 30 s that an agent may be silent: noticed within a minute, also when a look takes its time. */
const lookEveryMs = 15_000;
const sayAgainMicros = 300_000_000n;

/** Does the work and watches the ring meanwhile. */
export async function whileWatchingRing<C extends WorkerContext, T>(
  context: C,
  work: (context: C) => Promise<T>,
): Promise<T> {
  const done = new AbortController();
  let result: T | undefined;
  await sideBySide(
    context.signal,
    async (signal) => {
      result = await work({ ...context, signal });
      done.abort();
    },
    (signal) => watchRing({ ...context, signal: AbortSignal.any([signal, done.signal]) }),
  );
  return result as T;
}

/**
 * Compares the ring with the record of agents until the signal aborts: reports hosts whose writes may go unseen, and opens
 * slices for those that take writes without an agent. What an operator must mend does not end it: it looks again.
 */
export async function watchRing(context: WorkerContext): Promise<void> {
  const { clock, report, signal } = context;
  const said = new Map<string, Said>();
  const sinceMs = Number(clock.nowMicros() / 1000n);
  while (!signal.aborted) {
    try {
      tellChanges(await lookAtRing(context, sinceMs), said, context);
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof OperatorError)) throw error;
      report({ kind: 'waiting', reason: `the ring cannot be compared with the agents: ${error.message}` });
    }
    await clock.sleep(lookEveryMs, signal).catch(() => {});
  }
}

/** One look: answers the alarms of this moment, and has opened what is in doubt by them. */
async function lookAtRing(
  { ledger, source, bus, clock, signal }: WorkerContext,
  sinceMs: number,
): Promise<readonly RingAlarm[]> {
  const state = await ledger.refresh(signal);
  if (state.handOver === undefined || state.cutover !== undefined) return [];
  const ring = await source.nodes(signal);
  const nowMs = Number(clock.nowMicros() / 1000n);
  if (state.capture?.datastax) await wakeAgents({ source, signal });
  const heardAtMs = heardSince(await hearVoices({ source, bus, clock, signal }, state), state, sinceMs);
  const alarms = compareRing({ state, ring, heardAtMs, nowMs });
  for (const slice of slicesOfAlarms(alarms, state, clock.nowMicros()))
    await ledger.append({ kind: 'slice-opened', slice });
  return alarms;
}

interface Said {
  readonly alarm: RingAlarm;
  readonly atMicros: bigint;
}

/** A new alarm at once, one that stands every five minutes, and that it is over. */
function tellChanges(
  alarms: readonly RingAlarm[],
  said: Map<string, Said>,
  { report, clock }: Pick<WorkerContext, 'report' | 'clock'>,
): void {
  const standing = new Map(alarms.map((alarm) => [`${alarm.kind} ${alarm.hostId}`, alarm]));
  const tell = (alarm: RingAlarm, isOver: boolean) =>
    report({ kind: 'ring-alarm', node: alarm.hostId, address: alarm.address, isOver, ...alarmSentence(alarm) });
  for (const [key, { alarm }] of said) {
    if (standing.has(key)) continue;
    said.delete(key);
    tell(alarm, true);
  }
  for (const [key, alarm] of standing) {
    const last = said.get(key);
    if (last && clock.nowMicros() - last.atMicros < sayAgainMicros) continue;
    said.set(key, { alarm, atMicros: clock.nowMicros() });
    tell(alarm, false);
  }
}
