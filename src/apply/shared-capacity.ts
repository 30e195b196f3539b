import type { WriteCapacity } from '../model/write-capacity.ts';
import { CapacityRamp } from './capacity-ramp.ts';

/** What a writer tells the others of one table. */
export interface ToldUse {
  readonly table: string;
  /** By the teller's clock; later than what it told before. */
  readonly atMs: number;
  /** Units since it told before. */
  readonly units: number;
  readonly unitsPerSecond: number;
  /** The peak of half an hour ago that it knows of, in units a second. */
  readonly peak: number;
}

const tellEveryMs = 5_000;
/** Who has told nothing for so long writes no more. */
export const toldForMs = 3 * tellEveryMs;

/**
 * The capacity of one table among all who write to it. Each may always take its equal share. Of what is left of the whole each takes an equal part
 * more; what was too much is taken back from those above their shares: so they do not overshoot together. Instants are milliseconds.
 */
export class SharedCapacity {
  readonly #table: string;
  readonly #ramp = new CapacityRamp();
  readonly #others = new Map<string, { readonly use: ToldUse; readonly heardAtMs: number }>();
  #untold = 0;
  #told: ToldUse | undefined;

  constructor(table: string) {
    this.#table = table;
  }

  /** The table has taken these of this writer. */
  took(units: number, nowMs: number): void {
    this.#ramp.taken(units, nowMs);
    this.#untold += units;
  }

  /** Units a second: of all writers, and of this one. */
  allowed(capacity: WriteCapacity, nowMs: number): { readonly whole: number; readonly own: number } {
    const whole = this.#ramp.unitsPerSecond(capacity, nowMs);
    this.#forget(nowMs);
    if (this.#others.size === 0) return { whole, own: whole };
    const own = this.#told && nowMs - this.#told.atMs <= toldForMs ? this.#told.unitsPerSecond : 0;
    const others = Array.from(this.#others.values(), ({ use }) => use.unitsPerSecond);
    return { whole, own: shareOf(whole, own, others) };
  }

  /** What is to be told now, if anything: at once of a writer that begins, then every few seconds while it writes. */
  tell(nowMs: number): ToldUse | undefined {
    const sinceMs = this.#told ? nowMs - this.#told.atMs : tellEveryMs;
    if (this.#untold === 0 || sinceMs < tellEveryMs) return undefined;
    const units = this.#untold;
    this.#untold = 0;
    // What comes after a rest was not taken in all of it.
    const seconds = Math.min(sinceMs, 2 * tellEveryMs) / 1000;
    this.#told = { table: this.#table, atMs: nowMs, units, unitsPerSecond: units / seconds, peak: this.#ramp.peak };
    return this.#told;
  }

  /** What another one has told; hearing it twice changes nothing. */
  heard(writer: string, use: ToldUse, nowMs: number): void {
    if ((this.#others.get(writer)?.use.atMs ?? 0) >= use.atMs) return;
    this.#others.set(writer, { use, heardAtMs: nowMs });
    this.#ramp.taken(use.units, nowMs);
    this.#ramp.learn(use.peak);
  }

  #forget(nowMs: number): void {
    for (const [writer, { heardAtMs }] of this.#others) if (nowMs - heardAtMs > toldForMs) this.#others.delete(writer);
  }
}

/** Of what all have taken a second, what one of them may take from now on. */
function shareOf(whole: number, own: number, others: readonly number[]): number {
  const equal = whole / (1 + others.length);
  const left = whole - others.reduce((sum, units) => sum + units, own);
  if (left >= 0 || own <= equal) return Math.max(equal, own + left / (1 + others.length));
  const above = (units: number) => Math.max(0, units - equal);
  return own + (left * above(own)) / others.reduce((sum, units) => sum + above(units), above(own));
}

/** Of every table that a writer writes to. */
export class SharedCapacities {
  readonly #tables = new Map<string, SharedCapacity>();

  of(table: string): SharedCapacity {
    const known = this.#tables.get(table) ?? new SharedCapacity(table);
    this.#tables.set(table, known);
    return known;
  }

  tell(nowMs: number): readonly ToldUse[] {
    return [...this.#tables.values()].flatMap((table) => table.tell(nowMs) ?? []);
  }
}
