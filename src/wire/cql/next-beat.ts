const beatMs = 1;
let sleepers: (() => void)[] = [];

/** Calls back a moment from now. All who rest meanwhile wake in the same turn, so that the process wakes once for all of them. */
export function onNextBeat(wake: () => void): void {
  if (sleepers.length === 0) setTimeout(ring, beatMs);
  sleepers.push(wake);
}

function ring(): void {
  const awake = sleepers;
  sleepers = [];
  for (const wake of awake) wake();
}
