import { describe, expect, test } from 'vitest';
import { floorOf } from '../../../src/model/write-timestamp.ts';
import { explore, histories } from './explore.ts';
import { type Rules, realRules, window } from './protocol.ts';
import type { Misfortunes } from './steps.ts';

const minute = 60_000_000n;
const nothing: Misfortunes = { crashes: 0, leaps: 0 };
const crash: Misfortunes = { crashes: 1, leaps: 0 };
const crashAndLeap: Misfortunes = { crashes: 1, leaps: 1 };
const twoAtOnce: Rules = { ...realRules, batchesAtOnce: 2 };

describe('every order of the steps of every history ends with the rows of the source', () => {
  test('of two writes, through a crash at any step and a standstill of 45 hours at any step', () => {
    const { counterexample, states } = explore(histories(2), crashAndLeap, realRules);
    expect(counterexample).toBeUndefined();
    expect(states).toBeGreaterThan(300_000);
  }, 60_000);

  test('of three writes, through a crash at any step', () => {
    const { counterexample, states } = explore(histories(3), crash, realRules);
    expect(counterexample).toBeUndefined();
    expect(states).toBeGreaterThan(3_000_000);
  }, 120_000);

  test('of two writes, where a batch is begun before the one before it has ended, through a crash and a standstill', () => {
    const { counterexample, states } = explore(histories(2), crashAndLeap, twoAtOnce);
    expect(counterexample).toBeUndefined();
    expect(states).toBeGreaterThan(300_000);
  }, 60_000);

  test('of three writes, where batches overlap and nobody crashes: equal before the drain, too', () => {
    const { counterexample, states } = explore(histories(3), nothing, twoAtOnce, { looksEarly: true });
    expect(counterexample).toBeUndefined();
    expect(states).toBeGreaterThan(300_000);
  }, 60_000);
});

/** What the protocol does, and what becomes of two writes when one thing of it is left out. */
const mutants: readonly (readonly [what: string, rules: Partial<Rules>])[] = [
  ['the snapshot is stamped when it is loaded', { snapshotStamp: (readAt) => readAt }],
  ['the snapshot is stamped an hour before it was read', { snapshotStamp: (readAt) => readAt - 60n * minute }],
  ['changes of before the hand-over are applied', { decide: () => 'apply' }],
  ['recopies are stamped when they are read', { recopyStamp: (readAt) => readAt }],
  ['recopies are stamped below the snapshot', { recopyStamp: (readAt) => floorOf(readAt, window) - 60n * minute }],
  ['a row that is gone is not recopied', { recopiesAbsence: false }],
  ['a message is acknowledged before it is written', { acknowledgesFirst: true }],
  ['deletes of partitions are kept nowhere', { journals: false }],
  ['deletes of partitions are gone over once only', { appliesSlicesAgain: false }],
  ['the subscription is made when the sink starts', { subscribesBefore: false }],
];

describe('it does not end so when', () => {
  test.each(mutants)(
    '%s',
    (_, broken) => {
      expect(explore(histories(2), crash, { ...realRules, ...broken }).counterexample).toBeDefined();
    },
    60_000,
  );

  test('batches overlap, and the delete of a partition does not wait for those before it', () => {
    const broken = { ...twoAtOnce, slicesWait: false };
    expect(explore(histories(2), nothing, broken, { looksEarly: true }).counterexample).toBeDefined();
  });
});
