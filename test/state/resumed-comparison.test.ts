import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ComparedSplit } from '../../src/model/compared-split.ts';
import type { ComparisonRecord, LedgerFact } from '../../src/state/ledger-event.ts';
import { applyLedgerEvent, emptyState, foldLedger, type MigrationState } from '../../src/state/migration-state.ts';
import { aComparedTable, aValidation } from '../cutover/open-gates.ts';

const equal: ComparedSplit = {
  source: { rows: 1n, digest: 1n },
  target: { rows: 1n, digest: 1n },
  differing: [],
  notKept: 0,
};
const absent = { isPresent: false, rows: 0n, digest: 0n };
const differs: ComparedSplit = {
  ...equal,
  differing: [{ key: { partitionKey: [Buffer.of(1)], clustering: [] }, columns: [], source: absent, target: absent }],
};

function aComparison(changed: Partial<ComparisonRecord> = {}): ComparisonRecord {
  return {
    id: 'c1',
    startedAtMicros: 100n,
    disproofKnownMicros: 0n,
    openSlices: [],
    tables: [{ table: 'orders', shape: 'ab', splits: 4 }],
    ...changed,
  };
}

function fold(...facts: readonly LedgerFact[]): MigrationState {
  return foldLedger(facts.map((fact, index) => ({ ...fact, atMicros: BigInt(index + 1), by: 'host:1' })));
}

const begun: LedgerFact = { kind: 'comparison-begun', begun: aComparison() };

function compared(...splits: readonly number[]): LedgerFact {
  return {
    kind: 'splits-compared',
    comparison: 'c1',
    splits: splits.map((split) => ({ table: 'orders', split, found: equal })),
  };
}

test('what an interrupted comparison has compared is known, told once or twice, in any order', () => {
  const known = (...facts: readonly LedgerFact[]) => [...(fold(...facts).comparison?.splits.keys() ?? [])].sort();
  expect(known(begun, compared(2, 0), compared(3))).toEqual(['orders/0', 'orders/2', 'orders/3']);
  expect(known(begun, compared(3), begun, compared(2, 0), compared(2, 0))).toEqual([
    'orders/0',
    'orders/2',
    'orders/3',
  ]);
});

test('a comparison that has ended, or that a newer one has replaced, does not go on', () => {
  const ended: LedgerFact = { kind: 'validated', validation: aValidation({ comparison: 'c1' }) };
  expect(fold(begun, compared(0), ended, compared(1)).comparison).toBeUndefined();

  const newer: LedgerFact = { kind: 'comparison-begun', begun: aComparison({ id: 'c2' }) };
  expect(fold(begun, newer, compared(0)).comparison).toMatchObject({ begun: { id: 'c2' }, splits: new Map() });
});

test('other comparisons that find all equal, or differences only among what changed, let it go on', () => {
  const others: LedgerFact[] = [
    { kind: 'validated', validation: aValidation({ isFull: false }) },
    {
      kind: 'validated',
      validation: aValidation({ isFull: false, sinceMicros: 50n, tables: [aComparedTable({ missing: 1 })] }),
    },
  ];
  expect(fold(begun, compared(0), ...others).comparison?.splits.size).toBe(1);
});

test('a row that differs although no change names it, a schema decision and a cutover end it', () => {
  const ends: LedgerFact[] = [
    { kind: 'validated', validation: aValidation({ isFull: false, tables: [aComparedTable({ mismatched: 1 })] }) },
    { kind: 'schema-decided', decision: { action: 'stop', table: 'other', reason: 'unused' } },
    {
      kind: 'cut-over',
      record: { keyspace: 'shop', drainNonce: 'n', gates: [], validatedAtMicros: 1n, rows: 1n },
    },
  ];
  for (const end of ends) expect(fold(begun, compared(0), end, compared(1)).comparison).toBeUndefined();
});

test('a row that was found different meanwhile, among what changed, keeps it from proving that row by what it saw before', () => {
  const before = {
    kind: 'validated',
    validation: aValidation({ startedAtMicros: 50n, streamTimeMicros: 50n }),
  } as const;
  const among: LedgerFact = {
    kind: 'validated',
    validation: aValidation({ isFull: false, sinceMicros: 50n, tables: [aComparedTable({ mismatched: 1 })] }),
  };
  const clean: LedgerFact = {
    kind: 'validated',
    validation: aValidation({
      comparison: 'c1',
      startedAtMicros: 100n,
      streamTimeMicros: 100n,
      disproofKnownMicros: 0n,
    }),
  };
  expect(fold(before, begun, compared(0), clean).proven).toMatchObject({ fromMicros: 100n });
  expect(fold(before, begun, compared(0), among, clean).proven).toMatchObject({ fromMicros: 50n });
});

test('a comparison that was disproved between its first look at the ledger and its first event is not begun', () => {
  const disproof: LedgerFact = {
    kind: 'validated',
    validation: aValidation({ isFull: false, tables: [aComparedTable({ extra: 1 })] }),
  };
  expect(fold(disproof, begun).comparison).toBeUndefined();
  expect(
    fold(disproof, { kind: 'comparison-begun', begun: aComparison({ disproofKnownMicros: 1n }) }).comparison,
  ).toBeDefined();
});

/**
 * Four rows, a split each, and everything that can happen to them while comparisons run, die and go on: changes that reach the
 * target late, somebody who writes to the target, looks at what changed. Processes know only what the ledger says.
 */
class World {
  state = emptyState;
  #now = 1n;
  readonly #source = [0, 0, 0, 0];
  readonly #target = [0, 0, 0, 0];
  /** Every change that was published, in order; those from `#applied` on have not reached the target. */
  readonly #changes: { readonly row: number; readonly value: number; readonly at: bigint }[] = [];
  #applied = 0;
  /** Rows that somebody changed on the target, and whether a booked comparison has told of it. */
  readonly #foreign = new Map<number, 'unseen' | 'told'>();
  readonly #runs: (Run | undefined)[] = [undefined, undefined];

  resumedToTheirEnd = 0;

  /** Compares some splits and dies; what it compared is booked. */
  interrupt(process: number, splits: number): void {
    this.begin(process);
    for (let split = 0; split < splits; split++) this.compareOne(process);
    this.book(process);
    this.die(process);
  }

  goOn(): void {
    this.resume(1);
    this.finish(1);
  }

  /** Values come again: a row may be equal by chance while changes of it are on their way. */
  change(row: number, value: number): void {
    this.#now++;
    this.#source[row] = value;
    this.#changes.push({ row, value: this.#source[row]!, at: this.#now });
  }

  apply(): void {
    const change = this.#changes[this.#applied];
    if (!change) return;
    this.#applied++;
    this.#now++;
    this.#target[change.row] = change.value;
    this.#foreign.delete(change.row);
  }

  applyAll(): void {
    while (this.#applied < this.#changes.length) this.apply();
  }

  /** As a repair that writes what differs, once all changes have arrived. */
  mend(): void {
    this.applyAll();
    this.#now++;
    for (const [row, value] of this.#source.entries()) this.#target[row] = value;
    this.#foreign.clear();
  }

  meddle(row: number): void {
    this.#target[row] = -Number(++this.#now);
    this.#foreign.set(row, 'unseen');
  }

  begin(process: number): void {
    const started = aComparison({
      id: `${++this.#now}`,
      startedAtMicros: this.#now,
      streamTimeMicros: this.#streamTime(),
      disproofKnownMicros: this.state.disprovedAtMicros,
    });
    this.#append({ kind: 'comparison-begun', begun: started });
    this.#runs[process] = { begun: started, found: new Map(), booked: 0, isResumed: false };
  }

  resume(process: number): void {
    const open = this.state.comparison;
    if (!open) return;
    const found = new Map([...open.splits].map(([key, split]) => [Number(key.split('/')[1]), split]));
    this.#runs[process] = { begun: open.begun, found, booked: found.size, isResumed: found.size > 0 };
  }

  die(process: number): void {
    this.#runs[process] = undefined;
  }

  compareOne(process: number): void {
    const run = this.#runs[process];
    const row = [2, 0, 3, 1].find((each) => run && !run.found.has(each));
    this.#now++;
    if (run && row !== undefined) run.found.set(row, this.#isEqual(row) ? equal : differs);
  }

  book(process: number): void {
    const run = this.#runs[process];
    if (!run) return;
    const splits = [...run.found].slice(run.booked).map(([split, found]) => ({ table: 'orders', split, found }));
    run.booked = run.found.size;
    this.#append({ kind: 'splits-compared', comparison: run.begun.id, splits });
  }

  finish(process: number): void {
    const run = this.#runs[process];
    if (!run) return;
    for (let row = 0; row < 4; row++) this.compareOne(process);
    const kept = [...run.found].filter(([, split]) => split.differing.length > 0).map(([row]) => row);
    this.#validated(kept, {
      isFull: true,
      comparison: run.begun.id,
      startedAtMicros: run.begun.startedAtMicros,
      streamTimeMicros: run.begun.streamTimeMicros!,
      disproofKnownMicros: run.begun.disproofKnownMicros,
    });
    if (this.state.proven?.fullAtMicros === run.begun.startedAtMicros && run.isResumed) this.resumedToTheirEnd++;
    this.#runs[process] = undefined;
  }

  /** A comparison of one row by somebody else. */
  glance(row: number): void {
    this.#validated([row], { isFull: false, startedAtMicros: ++this.#now });
  }

  compareChanged(): void {
    const since = this.state.proven?.fromMicros;
    if (since === undefined) return;
    const rows = new Set(this.#changes.filter(({ at }) => at >= since).map(({ row }) => row));
    const [startedAtMicros, streamTimeMicros] = [++this.#now, this.#streamTime()];
    this.#validated([...rows], {
      isFull: false,
      sinceMicros: since,
      disproofKnownMicros: this.state.disprovedAtMicros,
      startedAtMicros,
      streamTimeMicros,
    });
  }

  /** Rows that differ, and that the next look at what changed would not look at, and of which somebody knows. */
  wronglyProven(): readonly number[] {
    const { proven } = this.state;
    if (!proven) return [];
    const named = new Set(this.#changes.filter(({ at }) => at >= proven.fromMicros).map(({ row }) => row));
    return [0, 1, 2, 3].filter((row) => !this.#isEqual(row) && !named.has(row) && this.#foreign.get(row) !== 'unseen');
  }

  #isEqual(row: number): boolean {
    return this.#source[row] === this.#target[row];
  }

  #streamTime(): bigint {
    const first = this.#changes[this.#applied];
    return first ? first.at - 1n : this.#now;
  }

  #validated(rows: readonly number[], kind: Parameters<typeof aValidation>[0]): void {
    const different = rows.filter((row) => !this.#isEqual(row));
    const waiting = new Set(this.#changes.slice(this.#applied).map(({ row }) => row));
    const certain = different.filter((row) => !waiting.has(row));
    const tables = [aComparedTable({ mismatched: certain.length, pending: different.length - certain.length })];
    for (const row of certain) this.#foreign.set(row, 'told');
    this.#append({ kind: 'validated', validation: aValidation({ ...kind, tables }) });
  }

  #append(fact: LedgerFact): void {
    this.state = applyLedgerEvent(this.state, { ...fact, atMicros: ++this.#now, by: 'host:1' });
  }
}

interface Run {
  readonly begun: ComparisonRecord;
  readonly found: Map<number, ComparedSplit>;
  booked: number;
  readonly isResumed: boolean;
}

test('however comparisons die and go on, what is proven differs nowhere but where changes or nobody tell of it', () => {
  const row = fc.nat(3);
  const value = fc.nat(1);
  const process = fc.nat(1);
  type Step = (world: World) => void;
  const always = (step: Step) => fc.constant(step);
  const weighed = (weight: number, arbitrary: fc.Arbitrary<Step>) => ({ weight, arbitrary });
  const anyStep = fc.oneof(
    weighed(
      4,
      fc.tuple(row, value).map(
        ([each, to]) =>
          (world) =>
            world.change(each, to),
      ),
    ),
    weighed(
      3,
      always((world) => world.apply()),
    ),
    weighed(
      2,
      always((world) => world.applyAll()),
    ),
    weighed(
      2,
      row.map((each) => (world) => world.meddle(each)),
    ),
    weighed(
      2,
      always((world) => world.mend()),
    ),
    weighed(
      2,
      process.map((each) => (world) => world.begin(each)),
    ),
    weighed(
      1,
      process.map((each) => (world) => world.resume(each)),
    ),
    weighed(
      1,
      process.map((each) => (world) => world.die(each)),
    ),
    weighed(
      4,
      process.map((each) => (world) => world.compareOne(each)),
    ),
    weighed(
      1,
      process.map((each) => (world) => world.book(each)),
    ),
    weighed(
      3,
      process.map((each) => (world) => world.finish(each)),
    ),
    weighed(
      3,
      row.map((splits) => (world) => world.interrupt(0, splits + 1)),
    ),
    weighed(
      3,
      always((world) => world.goOn()),
    ),
    weighed(
      3,
      row.map((each) => (world) => world.glance(each)),
    ),
    weighed(
      2,
      always((world) => world.compareChanged()),
    ),
  );
  let resumed = 0;
  fc.assert(
    fc.property(fc.array(anyStep, { minLength: 5, maxLength: 40 }), (steps) => {
      const world = new World();
      for (const each of steps) {
        each(world);
        expect(world.wronglyProven()).toEqual([]);
      }
      resumed += world.resumedToTheirEnd;
    }),
    { numRuns: 10_000 },
  );
  // Else the property would have looked at nothing.
  expect(resumed).toBeGreaterThan(200);
});
