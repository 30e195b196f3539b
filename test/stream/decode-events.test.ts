import { describe, expect, test } from 'vitest';
import { decodeEvents } from '../../src/stream/decode-events.ts';
import { readCanary } from '../../src/stream/node-pulses.ts';
import { messagesOf, readFixture, receivedOf } from '../feeds/datastax/fixture-file.ts';
import { aTable } from '../support/a-table.ts';

const letters = (taken: object[]) => ({ add: async (letter: object) => void taken.push(letter) });
const noLetters = letters([]);

function receivedFrom(name: string) {
  const fixture = readFixture(name);
  const messages = messagesOf(fixture, 'events').map((message, index) => ({
    ...receivedOf(message),
    position: { text: `${index}` },
    redeliveryCount: 0,
  }));
  return { table: fixture.table, messages };
}

describe('events of the DataStax agent', () => {
  test('that name one row are one reading, and every event is accounted for', async () => {
    const { table, messages } = receivedFrom('simple');
    const { updates, poisoned, duplicates } = await decodeEvents(messages, table, noLetters);
    const keys = updates.map(({ update }) => update.partitionKey.toString());
    expect(new Set(keys).size).toBe(keys.length);
    expect(keys).toContain('k1');
    expect({ poisoned, sum: updates.length + duplicates }).toEqual({ poisoned: 0, sum: messages.length });
    expect(duplicates).toBeGreaterThan(0);
  });

  test('without a row have the whole partition read again', async () => {
    const { table, messages } = receivedFrom('comp');
    const { updates } = await decodeEvents(messages, table, noLetters);
    const ofPartitions = updates.filter(({ update }) => update.partitionDeletion);
    expect(ofPartitions.length).toBeGreaterThan(0);
    expect(ofPartitions.every(({ update }) => update.rows.length === 0)).toBe(true);
  });

  test('are always too old to be applied as they are, whatever their write time', async () => {
    const { table, messages } = receivedFrom('clust');
    const { updates } = await decodeEvents(messages, table, noLetters);
    const times = updates.flatMap(({ update }) =>
      [update.partitionDeletion, ...update.rows.map(({ deletion }) => deletion)].flatMap((each) => each ?? []),
    );
    expect(times.length).toBe(updates.length);
    expect(new Set(times.map(({ timestampMicros }) => timestampMicros))).toEqual(new Set([1n]));
  });

  test('of a backfill, which have no write time, count from when they were published', async () => {
    const { table, messages } = receivedFrom('unstamped');
    const unstamped = messages.filter(({ properties }) => properties.writetime === undefined);
    const { updates } = await decodeEvents(unstamped.slice(0, 1), table, noLetters);
    expect(updates[0]!.writtenAtMicros).toBe(BigInt(unstamped[0]!.publishedAtMs) * 1000n);
  });

  test('that are none go to the dead letters with their message, and the others are read', async () => {
    const { table, messages } = receivedFrom('simple');
    const [good] = messages;
    const taken: object[] = [];
    const bad = [
      { ...good!, key: null },
      { ...good!, payload: Buffer.from('nonsense') },
      { ...good!, properties: { ...good!.properties, token: '1' } },
      { ...good!, properties: { writetime: 'soon' } },
    ];
    const { updates, poisoned } = await decodeEvents([...bad, good!], table, letters(taken));
    expect({ updates: updates.length, poisoned }).toEqual({ updates: 1, poisoned: 4 });
    expect(taken.map((letter) => (letter as { table: string }).table)).toEqual(Array(4).fill('simple'));
    expect(taken).toMatchObject(bad.map((message) => ({ message })));
  });
});

test('a message that is no canary, or of no node, is none', () => {
  const { messages } = receivedFrom('simple');
  const table = aTable({ partitionKey: { nonce: 'text' } });
  expect(readCanary(messages[0]!, table)).toMatchObject({ nonce: 'k1', instantMicros: 1704067201000000n });
  expect(readCanary({ ...messages[0]!, payload: Buffer.from('000000', 'hex') }, table)).toBeUndefined();
  expect(readCanary({ ...messages[0]!, payload: Buffer.alloc(0) }, table)).toBeUndefined();
});
