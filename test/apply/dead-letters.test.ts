import { expect, test } from 'vitest';
import { type DeadLetter, openDeadLetters, readLetters } from '../../src/apply/dead-letters.ts';
import { encodeChangeEvent } from '../../src/model/change-event.ts';
import { openLetters } from '../../src/phases/open-letters.ts';
import type { LedgerFact } from '../../src/state/ledger-event.ts';
import { foldLedger } from '../../src/state/migration-state.ts';
import { aClock } from '../support/a-clock.ts';
import { inMemoryBus } from '../support/in-memory-bus.ts';

const event = {
  kind: 'record',
  node: 'n',
  segment: 1n,
  position: 2,
  logVersion: 7,
  body: Buffer.from([0, 255]),
} as const;

function aLetter(parts: Partial<DeadLetter> = {}): DeadLetter {
  return {
    table: 'things',
    partitionKey: '01',
    clustering: [],
    reason: 'too big',
    errorClass: 'RefusedWriteError',
    attempts: 1,
    origin: 'n/1/2',
    message: encodeChangeEvent(event),
    ...parts,
  };
}

async function aTopic(...letters: readonly DeadLetter[]) {
  const { bus } = inMemoryBus();
  const clock = aClock(1_000n);
  const add = async (letter: DeadLetter) => (await openDeadLetters(bus, clock)).add(letter);
  for (const letter of letters) await add(letter);
  return { bus, add };
}

function settled(id: string, attempts: number) {
  const fact: LedgerFact = {
    kind: 'letters-settled',
    settlement: { how: 'dropped', reason: 'known', letters: [{ id, attempts }] },
  };
  return foldLedger([{ ...fact, atMicros: 1n, by: 'x' }]);
}

test('a letter keeps its change event, byte for byte', async () => {
  const { bus } = await aTopic(aLetter());
  const [letter] = (await readLetters(bus)).values();
  expect(letter).toMatchObject({ ...aLetter(), id: expect.stringMatching(/^[0-9a-f]{12}$/) });
});

test('copies and repeats of one change are one letter, with its first and its last time', async () => {
  const { bus } = await aTopic(
    aLetter(),
    aLetter({ origin: 'm/7/8', reason: 'still too big' }),
    aLetter({ partitionKey: '02' }),
  );
  const [first, other, ...rest] = [...(await readLetters(bus)).values()];
  expect(first).toMatchObject({ attempts: 2, reason: 'still too big', firstAtMicros: 1_001n, lastAtMicros: 1_002n });
  expect(other).toMatchObject({ attempts: 1, partitionKey: '02' });
  expect(rest).toEqual([]);
});

test('a settled letter is open again once it has come once more', async () => {
  const { bus, add } = await aTopic(aLetter());
  const [letter] = await openLetters(bus, foldLedger([]));
  const state = settled(letter!.id, letter!.attempts);
  expect(await openLetters(bus, state)).toEqual([]);
  await add(aLetter());
  expect(await openLetters(bus, state)).toMatchObject([{ id: letter!.id, attempts: 2 }]);
});
