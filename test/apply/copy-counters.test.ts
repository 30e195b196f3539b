import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { copyCounters } from '../../src/apply/copy-counters.ts';
import { createTargetWriter } from '../../src/apply/target-writer.ts';
import type { TargetStatement } from '../../src/ports/target-keyspace.ts';
import { aClock, type SteppedClock } from '../support/a-clock.ts';
import { aTable } from '../support/a-table.ts';
import { inMemoryTarget, refused } from '../support/in-memory-target.ts';
import { type Counters, type CounterTable, counterTable, lostAnswer } from './counter-table.ts';

const settleMs = 30_000;
const table = aTable({
  name: 'hits',
  isCounter: true,
  clustering: { c: 'int' },
  statics: { s: 'counter' },
  regulars: { a: 'counter', b: 'counter' },
});

/** How a write ends: what the target does with it, and whether it answers. */
type Answer = (statement: TargetStatement, target: CounterTable, clock: SteppedClock) => void | Promise<void>;

const done: Answer = (statement, target) => target.apply(statement);

interface Sides {
  readonly source?: CounterTable;
  readonly target?: CounterTable;
  readonly answer?: Answer;
  readonly clock?: SteppedClock;
  readonly proveSoleWriter?: () => Promise<void>;
}

function copy({ source = counterTable(table), target = counterTable(table), ...more }: Sides) {
  const { answer = done, clock = aClock(), proveSoleWriter = async () => {} } = more;
  const written = {
    ...inMemoryTarget(),
    write: async (statement: TargetStatement) => answer(statement, target, clock),
  };
  const writer = createTargetWriter({ target: written, clock, report: () => {}, maxInFlight: 4 });
  return copyCounters(table, { source, target, writer, clock, keyspace: 'moved', settleMs, proveSoleWriter });
}

const many: Counters = {
  '1 / static': { s: 5n },
  '1 / 1': { a: 1n, b: -7n },
  '1 / 2': { b: 0n },
  '2 / 9': { a: 2n ** 63n - 1n },
  '3 / static': { s: -1n },
};

describe('copying counters', () => {
  test('brings all of them over: rows, columns that are not there, statics, zeros and the greatest', async () => {
    const target = counterTable(table);
    const books = await copy({ source: counterTable(table, many), target });
    expect(target.counters).toEqual(many);
    expect(books).toEqual({ table: 'hits', rows: 5, equal: 0, changed: 5, removed: 0, lostAnswers: 0 });
  });

  test('adds only what is missing, and removes what the source has not', async () => {
    const target = counterTable(table, {
      '1 / 1': { a: 1n, b: -7n },
      '1 / 2': { a: 4n, b: 3n },
      '2 / 9': { a: -(2n ** 63n) },
      '7 / 7': { a: 1n, b: 2n },
      '8 / static': { s: 2n },
    });
    const sent: TargetStatement[] = [];
    const answer: Answer = (statement, there) => {
      sent.push(statement);
      there.apply(statement);
    };
    const books = await copy({ source: counterTable(table, many), target, answer });
    expect(target.counters).toEqual(many);
    expect(books).toMatchObject({ rows: 7, equal: 1, changed: 6, removed: 2 });
    expect(sent.map(({ cql }) => cql)).toContain('UPDATE "moved"."hits" SET "b" = "b" + ? WHERE "id" = ? AND "c" = ?');
    const again = await copy({ source: counterTable(table, many), target });
    expect(again).toMatchObject({ rows: 5, equal: 5, changed: 0 });
  });

  test('sends nothing when somebody else has become the writer', async () => {
    const target = counterTable(table);
    const proveSoleWriter = async () => {
      throw new Error('taken over');
    };
    await expect(copy({ source: counterTable(table, many), target, proveSoleWriter })).rejects.toThrow('taken over');
    expect(target.counters).toEqual({});
  });
});

describe('a write whose answer is lost', () => {
  const source = counterTable(table, { '1 / 1': { a: 10n } });

  test('is not sent again when it was done', async () => {
    const target = counterTable(table);
    const answer: Answer = (statement, there) => {
      there.apply(statement);
      throw lostAnswer();
    };
    expect(await copy({ source, target, answer })).toMatchObject({ changed: 1, lostAnswers: 1 });
    expect(target.counters).toEqual({ '1 / 1': { a: 10n } });
  });

  test('is sent again when it was not done', async () => {
    const target = counterTable(table);
    let losses = 3;
    const answer: Answer = (statement, there) => {
      if (losses-- > 0) throw lostAnswer();
      there.apply(statement);
    };
    expect(await copy({ source, target, answer })).toMatchObject({ changed: 1, lostAnswers: 3 });
    expect(target.counters).toEqual({ '1 / 1': { a: 10n } });
  });

  test('is waited for as long as it may be on its way', async () => {
    const target = counterTable(table);
    const clock = aClock();
    const late = lateWrites(clock);
    const answer: Answer = (statement, there) => {
      late.push(statement, there, settleMs - 1);
      throw lostAnswer();
    };
    expect(await copy({ source, target, answer, clock: late.clock })).toMatchObject({ changed: 1, lostAnswers: 1 });
    expect(target.counters).toEqual({ '1 / 1': { a: 10n } });
  });

  test('is ambiguous when the row is neither as before nor as after it', async () => {
    const target = counterTable(table);
    const answer: Answer = (_, there) => {
      there.add('1 / 1', 'a', 3n);
      throw lostAnswer();
    };
    await expect(copy({ source, target, answer })).rejects.toMatchObject({
      name: 'AmbiguousOutcomeError',
      message: expect.stringMatching(/held nothing, nothing, was to hold 10, nothing and holds 3, nothing/),
    });
  });

  test('is given up when it never gets through', async () => {
    const answer: Answer = () => {
      throw lostAnswer();
    };
    await expect(copy({ source, answer })).rejects.toMatchObject({ name: 'OperatorError' });
  });

  test('and one that is refused stops with the key', async () => {
    const answer: Answer = () => {
      throw refused('too long');
    };
    await expect(copy({ source, answer })).rejects.toThrow(/hits \(a, b\) at \(0x00000001, 0x00000001\).*too long/);
  });
});

test('whatever is lost, comes late or dies in between, the repeated copy ends in the counters of the source', async () => {
  const counters = fc.dictionary(
    fc.constantFrom('1 / 1', '1 / 2', '1 / static', '2 / 1', '3 / 3'),
    fc.record({ a: fc.bigInt({ min: -3n, max: 3n }), b: fc.bigInt({ min: -3n, max: 3n }) }, { requiredKeys: [] }),
  );
  const fates = fc.array(
    fc.constantFrom<Fate>('done', 'done', 'lost', 'lost after', 'late', 'killed', 'killed after', 'killed late'),
  );
  await fc.assert(
    fc.asyncProperty(counters, counters, fates, async (wanted, there, script) => {
      const source = counterTable(table, ofThisTable(wanted));
      const target = counterTable(table, ofThisTable(there));
      await copyUntilDone(source, target, script);
      expect(target.counters).toEqual(source.counters);
    }),
    { numRuns: 300 },
  );
});

type Fate = 'done' | 'lost' | 'lost after' | 'late' | 'killed' | 'killed after' | 'killed late';

/** As cutover does: each run waits first until nothing of the one before can be on its way. */
async function copyUntilDone(source: CounterTable, target: CounterTable, script: readonly Fate[]): Promise<void> {
  const fates = [...script];
  const late = lateWrites(aClock());
  for (;;) {
    await late.clock.sleep(settleMs);
    let isDead = false;
    const answer: Answer = (statement, there) => {
      if (isDead) throw new Error('killed');
      const fate = fates.shift() ?? 'done';
      if (fate.endsWith('late')) late.push(statement, there, settleMs - 1);
      if (fate === 'done' || fate === 'lost after' || fate === 'killed after') there.apply(statement);
      isDead = fate.startsWith('killed');
      if (isDead) throw new Error('killed');
      if (fate !== 'done') throw lostAnswer();
    };
    try {
      await copy({ source, target, answer, clock: late.clock });
      // What is still on its way now would come after the comparison.
      await late.clock.sleep(settleMs);
      return;
    } catch (error) {
      if ((error as Error).message !== 'killed') throw error;
    }
  }
}

/** Writes that the target does some time after it was asked, whoever waits. */
function lateWrites(clock: SteppedClock) {
  const waiting: { readonly dueMicros: bigint; readonly run: () => void }[] = [];
  return {
    push(statement: TargetStatement, target: CounterTable, afterMs: number) {
      waiting.push({ dueMicros: clock.now + BigInt(afterMs) * 1000n, run: () => target.apply(statement) });
    },
    clock: {
      get now() {
        return clock.now;
      },
      set now(value: bigint) {
        clock.now = value;
      },
      nowMicros: () => clock.nowMicros(),
      async sleep(ms: number, signal?: AbortSignal) {
        await clock.sleep(ms, signal);
        for (const write of waiting.splice(0)) {
          if (write.dueMicros <= clock.now) write.run();
          else waiting.push(write);
        }
      },
    },
  };
}

/** Statics have one counter, rows have two; a row without counters is none. */
function ofThisTable(counters: Record<string, { readonly a?: bigint; readonly b?: bigint }>): Counters {
  return Object.fromEntries(
    Object.entries(counters).flatMap(([row, { a, b }]): [string, Record<string, bigint>][] => {
      if (row.endsWith('static')) return a === undefined ? [] : [[row, { s: a }]];
      const values = { ...(a !== undefined && { a }), ...(b !== undefined && { b }) };
      return Object.keys(values).length === 0 ? [] : [[row, values]];
    }),
  );
}
