import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ValidationRecord } from '../../src/state/ledger-event.ts';
import { emptyState, foldLedger } from '../../src/state/migration-state.ts';
import { aComparedTable, aValidation } from '../cutover/open-gates.ts';

function provenBy(...validations: readonly ValidationRecord[]) {
  return foldLedger(validations.map((validation) => ({ kind: 'validated', validation, atMicros: 1n, by: 'host:1' })))
    .proven;
}

const full = aValidation({ startedAtMicros: 1_000n, streamTimeMicros: 900n });
const differing = [aComparedTable({ mismatched: 1 })];
const pending = [aComparedTable({ pending: 1 })];

function changed(sinceMicros: bigint, more: Partial<ValidationRecord> = {}): ValidationRecord {
  return aValidation({ isFull: false, sinceMicros, startedAtMicros: 2_000n, streamTimeMicros: 1_950n, ...more });
}

test('what is to be compared next begins where the stream was, which may be behind the clock', () => {
  expect(provenBy(full)).toEqual({ fullAtMicros: 1_000n, lookedAtMicros: 1_000n, fromMicros: 900n });
  expect(provenBy(aValidation({ startedAtMicros: 1_000n, streamTimeMicros: 1_005n }))?.fromMicros).toBe(1_000n);
});

test('it says of which tables of the target it was, the newest look of its own', () => {
  const of = (orders: string) => ({ targetIds: { orders } });
  expect(provenBy({ ...full, ...of('ab') })?.targetIds).toEqual({ orders: 'ab' });
  expect(provenBy({ ...full, ...of('ab') }, changed(900n, of('cd')))?.targetIds).toEqual({ orders: 'cd' });
  const unclean = changed(900n, { ...of('cd'), tables: differing });
  expect(provenBy({ ...full, ...of('ab') }, unclean)?.targetIds).toEqual({ orders: 'ab' });
});

test('without a stream nobody knows what the target had yet to take', () => {
  expect(provenBy(aValidation({}))).toBeUndefined();
});

test('looks at what changed follow one another without a gap', () => {
  const next = changed(1_950n, { startedAtMicros: 3_000n, streamTimeMicros: 2_990n });
  expect(provenBy(full, changed(900n), next)).toEqual({
    fullAtMicros: 1_000n,
    lookedAtMicros: 3_000n,
    fromMicros: 2_990n,
  });
  expect(provenBy(full, changed(901n))).toEqual(provenBy(full));
});

test('changed rows that differ, or may, are looked at again: the next look begins where this one did', () => {
  for (const tables of [differing, pending])
    expect(provenBy(full, changed(900n), changed(1_950n, { tables }))).toEqual({
      fullAtMicros: 1_000n,
      lookedAtMicros: 1_000n,
      fromMicros: 1_950n,
    });
});

test('a row that differs although no change names it disproves everything, in whatever comparison', () => {
  const ofOneTable = aValidation({ isFull: false, tables: differing });
  expect(provenBy(full, changed(900n), ofOneTable)).toBeUndefined();
  expect(provenBy(full, { ...full, tables: differing })).toBeUndefined();
});

test('a comparison of some tables or of a range proves nothing more', () => {
  expect(provenBy(full, aValidation({ isFull: false, startedAtMicros: 5_000n, streamTimeMicros: 5_000n }))).toEqual(
    provenBy(full),
  );
});

test('however comparisons follow one another, no time goes by that neither the full one nor a later look covers', () => {
  const record = fc.record({
    isFull: fc.boolean(),
    since: fc.option(fc.integer({ min: 0, max: 100 })),
    startedAt: fc.integer({ min: 0, max: 100 }),
    lag: fc.integer({ min: 0, max: 20 }),
    isClean: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(record, { maxLength: 8 }), (records) => {
      const validations = records.map(({ isFull, since, startedAt, lag, isClean }) =>
        aValidation({
          isFull,
          startedAtMicros: BigInt(startedAt),
          streamTimeMicros: BigInt(startedAt - lag),
          tables: isClean ? [aComparedTable()] : differing,
          ...(!isFull && since !== null && { sinceMicros: BigInt(since) }),
        }),
      );
      const proven = provenBy(...validations) ?? emptyState.proven;
      if (!proven) return;
      // From the full one on: what is covered without a gap by clean looks, each from its `since` to where its stream was.
      const first = validations.findLastIndex((each) => each.isFull && each.tables !== differing);
      expect(proven.fullAtMicros).toBe(validations[first]!.startedAtMicros);
      let covered = validations[first]!.streamTimeMicros!;
      for (const { sinceMicros, streamTimeMicros, tables } of validations.slice(first + 1))
        if (sinceMicros !== undefined && sinceMicros <= covered && tables !== differing) covered = streamTimeMicros!;
      expect(proven.fromMicros).toBeLessThanOrEqual(covered);
    }),
    { numRuns: 2_000 },
  );
});
