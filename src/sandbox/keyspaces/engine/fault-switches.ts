/** What goes wrong on purpose. Shares are from 0 to 1. */
export interface Faults {
  /** Requests that are done, and whose answer never comes. */
  readonly lostAnswers: number;
  /** Requests on which the connection breaks, half of them done before. */
  readonly resets: number;
  /** Requests that are answered `slowMs` late. */
  readonly slow: number;
  readonly slowMs: number;
  /** Requests refused with a read or write failure. */
  readonly failures: number;
  /** Requests refused with a server error. */
  readonly serverErrors: number;
  /** Of the throttled writes: those that are done all the same. */
  readonly appliedThrottles: number;
  /** A connection that is silent for so long is closed. */
  readonly idleCloseMs: number;
  /** Pages of scans that end early, or are empty. */
  readonly shortPages: number;
}

const noFaults: Faults = {
  lostAnswers: 0,
  resets: 0,
  slow: 0,
  slowMs: 2_000,
  failures: 0,
  serverErrors: 0,
  appliedThrottles: 0.1,
  idleCloseMs: 350_000,
  shortPages: 0.1,
};

/** The faults in force; they may be changed at any time. */
export class FaultSwitches {
  #faults: Faults;

  constructor(faults: Partial<Faults>) {
    this.#faults = checked({ ...noFaults, ...faults });
  }

  get now(): Faults {
    return this.#faults;
  }

  /** Throws a RangeError, and changes nothing, for names or numbers that are none. */
  change(changes: Readonly<Record<string, unknown>>): void {
    this.#faults = checked({ ...this.#faults, ...(changes as Partial<Faults>) });
  }
}

function checked(faults: Faults): Faults {
  for (const [name, value] of Object.entries(faults)) {
    if (!Object.hasOwn(noFaults, name)) throw new RangeError(`no fault is called ${name}`);
    const most = name.endsWith('Ms') ? 86_400_000 : 1;
    if (typeof value !== 'number' || !(value >= 0 && value <= most)) {
      throw new RangeError(`${name} is a number from 0 to ${most}`);
    }
  }
  return faults;
}
