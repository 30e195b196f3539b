/** Whether Pulsar takes what the agent sends, and if not, why not as far as is known. */
export interface Pulse {
  /** Pulsar has confirmed something. */
  confirmed(atMicros: bigint): void;
  /** A session ended because Pulsar is away. */
  lost(reason: string): void;
  /** Undefined while all is well. */
  waitsFor(nowMicros: bigint): string | undefined;
}

/** A watermark is due every second, so longer than this without any confirmation is a wait. */
const quietMicros = 5_000_000n;

export function openPulse(startMicros: bigint): Pulse {
  let lastMicros = startMicros;
  let reason: string | undefined;
  return {
    confirmed(atMicros) {
      lastMicros = atMicros;
      reason = undefined;
    },
    lost(why) {
      reason = why;
    },
    waitsFor(nowMicros) {
      if (reason !== undefined) return reason;
      if (nowMicros - lastMicros < quietMicros) return undefined;
      return `Pulsar has confirmed nothing for ${(nowMicros - lastMicros) / 1_000_000n} s`;
    },
  };
}
