/** Microseconds since 1970 as people write them. An application may stamp a write with any number, also one that is no date. */
export function instantText(micros: bigint): string {
  const ms = Number(micros / 1000n);
  return Math.abs(ms) <= latestDateMs ? new Date(ms).toISOString() : `${micros} µs`;
}

/** 8.64e15 ms around 1970 is as far as a Date goes (ECMAScript, time values). */
const latestDateMs = 8.64e15;
