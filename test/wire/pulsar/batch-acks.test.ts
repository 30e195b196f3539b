import { describe, expect, test } from 'vitest';
import { type AckTarget, BatchAcks, lastEntryUpTo } from '../../../src/wire/pulsar/batch-acks.ts';
import { entryKeyOf, type MessageId } from '../../../src/wire/pulsar/message-id.ts';

test('a batch is acknowledged with its last message, in whatever order they are done', () => {
  const acks = new BatchAcks(false);
  const ids = aBatch(7, 3);
  acks.received(ids);
  expect(acks.done(ids[2]!)).toBeNull();
  expect(acks.done(ids[0]!)).toBeNull();
  expect(text(acks.done(ids[1]!))).toBe('1:7');
});

test('the same message done twice does not count for another', () => {
  const acks = new BatchAcks(false);
  const ids = aBatch(7, 2);
  acks.received(ids);
  expect(acks.done(ids[0]!)).toBeNull();
  expect(acks.done(ids[0]!)).toBeNull();
  expect(text(acks.done(ids[1]!))).toBe('1:7');
});

test('messages that are not handed out are not waited for', () => {
  const acks = new BatchAcks(false);
  const ids = aBatch(7, 4);
  acks.received([ids[1]!, ids[3]!]);
  expect(acks.done(ids[1]!)).toBeNull();
  expect(text(acks.done(ids[3]!))).toBe('1:7');
});

test('a batch that is not known any more is not acknowledged by one of its messages', () => {
  const acks = new BatchAcks(false);
  const ids = aBatch(7, 2);
  acks.received(ids);
  acks.done(ids[0]!);
  acks.clear();
  expect(acks.done(ids[1]!)).toBeNull();
});

test('a batch received again waits for all of its messages again', () => {
  const acks = new BatchAcks(false);
  const ids = aBatch(7, 2);
  acks.received(ids);
  acks.done(ids[0]!);
  acks.received(ids);
  expect(acks.done(ids[1]!)).toBeNull();
  expect(text(acks.done(ids[0]!))).toBe('1:7');
});

test('a message that is no batch is its own entry', () => {
  expect(text(new BatchAcks(false).done(anId(7, -1, 0)))).toBe('1:7');
});

test('a cumulative acknowledgement leaves later batches open', () => {
  const acks = new BatchAcks(false);
  for (const entry of [7, 8]) acks.received(aBatch(entry, 2));
  acks.doneUpTo(anId(7, -1, 0));
  expect(acks.done(anId(7, 0, 2))).toBeNull();
  expect(acks.done(anId(7, 1, 2))).toBeNull();
  expect(acks.done(anId(8, 0, 2))).toBeNull();
  expect(text(acks.done(anId(8, 1, 2)))).toBe('1:8');
});

test.each([
  ['a message that is no batch', anId(7, -1, 0), '1:7'],
  ['the last message of a batch', anId(7, 4, 5), '1:7'],
  ['a message in mid-batch', anId(7, 3, 5), '1:6'],
  ['a message of a batch whose size is not known', anId(7, 4, undefined), '1:6'],
  ['mid-batch in the first entry of a ledger', anId(0, 1, 5), null],
])('up to %s, only whole entries are acknowledged', (_, id, expected) => {
  expect(text(lastEntryUpTo(id))).toBe(expected);
});

describe('with a broker that knows single messages', () => {
  test('each message is told, as the set of those that are still wanted', () => {
    const acks = new BatchAcks(true);
    const ids = aBatch(7, 70);
    acks.received(ids);
    acks.done(ids[0]!);
    const set = acks.done(ids[65]!)!;
    expect(set).toEqual({ ledgerId: 1, entryId: 7, batchSize: 70, ackSet: [2n ** 64n - 2n, 0b111101n] });
  });

  test('the last message of a batch acknowledges the whole entry', () => {
    const acks = new BatchAcks(true);
    const ids = aBatch(7, 2);
    acks.received(ids);
    acks.done(ids[1]!);
    expect(acks.done(ids[0]!)).toEqual({ ledgerId: 1, entryId: 7 });
  });

  test('up to a message in mid-batch, the rest of its batch stays wanted', () => {
    const acks = new BatchAcks(true);
    const ids = aBatch(7, 4);
    acks.received(aBatch(6, 2));
    acks.received(ids);
    acks.done(ids[3]!);
    expect(acks.doneUpTo(ids[1]!)).toMatchObject({ entryId: 7, ackSet: [0b0100n] });
    expect(acks.done(anId(6, 0, 2))).toBeNull();
    expect(acks.done(ids[2]!)).toEqual({ ledgerId: 1, entryId: 7 });
  });

  test('a batch that is not known any more is acknowledged by whole entries', () => {
    expect(new BatchAcks(true).doneUpTo(anId(7, 1, 4))).toEqual({ ledgerId: 1, entryId: 6 });
  });
});

function anId(entryId: number, batchIndex: number, batchSize: number | undefined): MessageId {
  return { ledgerId: 1, entryId, batchIndex, partition: 0, batchSize };
}

function aBatch(entryId: number, size: number): MessageId[] {
  return Array.from({ length: size }, (_, i) => anId(entryId, i, size));
}

function text(target: AckTarget | MessageId | null): string | null {
  return target && entryKeyOf(target);
}
