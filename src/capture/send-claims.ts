import type { AgentSettings } from '../model/agent-settings.ts';
import type { Clock } from '../ports/clock.ts';
import type { InFlight } from './in-flight.ts';
import type { Progress } from './progress.ts';
import type { ChangesPublisher } from './publish-changes.ts';
import type { Pulse } from './pulse.ts';
import type { ProgressSaver } from './save-progress.ts';

export interface Claims {
  /** A canary was read, for the first time or once more: a drain mark is owed. */
  sawCanary(nonce: string, atMicros: bigint): void;
  /** A pass that began then has read every log to its end. Sends what can be claimed of it, in the background. */
  offer(passMicros: bigint): void;
}

export interface ClaimParts {
  readonly settings: Pick<AgentSettings, 'node' | 'visibilityDelayMs'>;
  readonly progress: Progress;
  readonly publisher: ChangesPublisher;
  readonly clock: Clock;
  readonly pulse: Pick<Pulse, 'confirmed'>;
  readonly inFlight: InFlight;
  readonly saver: ProgressSaver;
  readonly signal: AbortSignal;
  readonly onFault: (error: unknown) => void;
}

/**
 * Sends watermarks and drain marks, each after everything it speaks of is acknowledged.
 *
 * A write may be acknowledged to its writer before the log shows it. So a pass vouches only for the instant
 * `visibilityDelayMs` before it began, and a drain mark waits for a pass that began that much after its canary was read:
 * by then every write acknowledged before the canary has been seen, also one that a segment left behind held back.
 */
export function openClaims(parts: ClaimParts): Claims {
  const { settings, progress, inFlight, signal } = parts;
  const delayMicros = BigInt(settings.visibilityDelayMs) * 1000n;
  // Owed since before this session: acknowledged then, so any complete pass will do.
  const owed = new Map<string, bigint>(progress.position.owedMarks.map((nonce) => [nonce, 0n]));
  let isSending = false;

  function sawCanary(nonce: string, atMicros: bigint): void {
    // A canary is written again and again until it is answered: were the last sight of it to count, it would put its answer off for ever.
    if (!owed.has(nonce)) owed.set(nonce, atMicros);
  }

  function offer(passMicros: bigint): void {
    const instantMicros = passMicros - delayMicros;
    const nonces = [...owed].filter(([, seenMicros]) => seenMicros <= instantMicros).map(([nonce]) => nonce);
    const isDue = isWatermarkDue(instantMicros, progress.position.claimedMicros);
    if (isSending || (nonces.length === 0 && !isDue)) return;
    isSending = true;
    send(nonces, isDue ? instantMicros : undefined)
      .catch(parts.onFault)
      .finally(() => {
        isSending = false;
      });
  }

  async function send(nonces: readonly string[], instantMicros: bigint | undefined): Promise<void> {
    await inFlight.drained(signal);
    for (const nonce of nonces) {
      await parts.publisher.toAll({ kind: 'drain-mark', node: settings.node, nonce });
      progress.markSent(nonce);
      owed.delete(nonce);
    }
    if (instantMicros !== undefined) await sendWatermark(parts, instantMicros);
  }

  return { offer, sawCanary };
}

/** At most one a second; never one that goes back, also when the clock was set back or another process claimed the last. */
function isWatermarkDue(instantMicros: bigint, claimedMicros: bigint): boolean {
  return instantMicros - claimedMicros >= 1_000_000n;
}

async function sendWatermark(
  { settings, progress, publisher, saver, clock, pulse }: ClaimParts,
  instantMicros: bigint,
): Promise<void> {
  // Saved first: a crash between the two must not let the next start claim less.
  progress.claim(instantMicros);
  await saver.saveNow();
  const { unbrokenSinceMicros } = progress.position;
  await publisher.toAll({ kind: 'watermark', node: settings.node, instantMicros, unbrokenSinceMicros });
  pulse.confirmed(clock.nowMicros());
}
