/** How a table's pages have come lately, against how they came at best. */
export interface Strain {
  readonly restMs: number;
  readonly pageMs: number;
  readonly bestMs: number;
}

/** Fewer rows say more of the round trip than of the reading. */
const fewestRows = 100;
const pageRows = 500;
/** Pages of which the middle one counts: one that was slow is no strain. */
const pagesOfSample = 8;
/** Below this a page harms nobody, however quick the best ones were. */
const harmlessMs = 250;
const shortestRestMs = 250;
const longestRestMs = 30_000;

/**
 * Tells from how long pages take whether the source has more than enough to do: one of a table takes `factor` times as long as they
 * did at best. Then each split rests before its next page, twice as long with every sample that is still slow, half as long
 * with every other.
 */
export class ReadStrain {
  readonly #factor: number;
  readonly #tables = new Map<string, Strain>();
  readonly #samples = new Map<string, number[]>();

  /** 0: never rests. */
  constructor(factor: number) {
    this.#factor = factor;
  }

  note(table: string, page: { readonly rows: number; readonly tookMs: number }): void {
    if (this.#factor === 0 || page.rows < fewestRows) return;
    const sample = this.#samples.get(table) ?? [];
    this.#samples.set(table, sample);
    sample.push((page.tookMs * pageRows) / page.rows);
    if (sample.length < pagesOfSample) return;
    const pageMs = sample.splice(0).sort((one, other) => one - other)[pagesOfSample >> 1]!;
    this.#tables.set(table, nextStrain(this.#tables.get(table), pageMs, this.#factor));
  }

  /** Undefined where nothing has to rest. */
  of(table: string): Strain | undefined {
    const strain = this.#tables.get(table);
    return strain && strain.restMs > 0 ? strain : undefined;
  }
}

export function nextStrain(before: Strain | undefined, pageMs: number, factor: number): Strain {
  const bestMs = Math.min(before?.bestMs ?? pageMs, pageMs);
  const restMs = before?.restMs ?? 0;
  if (pageMs > Math.max(harmlessMs, factor * bestMs))
    return { pageMs, bestMs, restMs: Math.min(longestRestMs, Math.max(shortestRestMs, restMs * 2)) };
  return { pageMs, bestMs, restMs: restMs / 2 < shortestRestMs ? 0 : restMs / 2 };
}
