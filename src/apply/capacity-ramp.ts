import { mostTableUnits, type WriteCapacity } from '../model/write-capacity.ts';

const minuteMs = 60_000;
/** An on-demand table takes twice a former peak half an hour after it (AWS developer guide, quotas). */
const growthMinutes = 30;
/** When a minute's place is needed again, it ended half an hour ago. */
const minutesKept = growthMinutes + 1;

/**
 * How many units a second a table may be asked to take: what it is known to take, or, on demand, twice the busiest minute of those that ended
 * half an hour ago or longer. So it is never asked for more than twice of what it has taken for half an hour.
 * Instants are milliseconds, and never go back.
 */
export class CapacityRamp {
  readonly #unitsOfMinutes: number[] = Array(minutesKept).fill(0);
  #minute: number | undefined;
  #peak = 0;

  /** Units a second of the busiest minute that counts. */
  get peak(): number {
    return this.#peak;
  }

  /** Of somebody who has seen it. */
  learn(peak: number): void {
    this.#peak = Math.max(this.#peak, peak);
  }

  /** The table has taken these. */
  taken(units: number, nowMs: number): void {
    const minute = this.#enter(nowMs);
    this.#unitsOfMinutes[minute % minutesKept]! += units;
  }

  unitsPerSecond({ mode, unitsPerSecond }: WriteCapacity, nowMs: number): number {
    this.#enter(nowMs);
    if (mode === 'provisioned') return unitsPerSecond;
    return Math.max(unitsPerSecond, Math.min(mostTableUnits, 2 * this.#peak));
  }

  /** Answers the minute it is, once the places of those since the last one are free. */
  #enter(nowMs: number): number {
    const now = Math.floor(nowMs / minuteMs);
    this.#minute ??= now;
    const steps = Math.min(now - this.#minute, minutesKept);
    for (let step = 1; step <= steps; step++) this.#forget((this.#minute + step) % minutesKept);
    this.#minute = Math.max(now, this.#minute);
    return this.#minute;
  }

  #forget(place: number): void {
    this.#peak = Math.max(this.#peak, this.#unitsOfMinutes[place]! / (minuteMs / 1000));
    this.#unitsOfMinutes[place] = 0;
  }
}
