export const second = 1_000_000n;
export const minute = 60n * second;
export const hour = 60n * minute;
export const day = 24n * hour;

/** H: subscriptions proven, every agent following. */
export const handOver = 1_700_000_000n * second;

export function secondsOf(micros: bigint): number {
  return Number(micros / second);
}

export function largest(...values: readonly bigint[]): bigint {
  return values.reduce((a, b) => (a > b ? a : b));
}
