import { expect, test } from 'vitest';
import { BatchAcks, lastEntryUpTo } from '../../../src/wire/pulsar/batch-acks.ts';
import { formatMessageId, type MessageId } from '../../../src/wire/pulsar/message-id.ts';

test('a batch is acknowledged with its last message, in whatever order they are done', () => {
  const acks = new BatchAcks();
  const ids = aBatch(7, 3);
  acks.received(ids);
  expect(acks.done(ids[2]!)).toBeNull();
  expect(acks.done(ids[0]!)).toBeNull();
  expect(text(acks.done(ids[1]!))).toBe('1:7:-1:0');
});

test('the same message done twice does not count for another', () => {
  const acks = new BatchAcks();
  const ids = aBatch(7, 2);
  acks.received(ids);
  expect(acks.done(ids[0]!)).toBeNull();
  expect(acks.done(ids[0]!)).toBeNull();
  expect(text(acks.done(ids[1]!))).toBe('1:7:-1:0');
});

test('messages that are not handed out are not waited for', () => {
  const acks = new BatchAcks();
  const ids = aBatch(7, 4);
  acks.received([ids[1]!, ids[3]!]);
  expect(acks.done(ids[1]!)).toBeNull();
  expect(text(acks.done(ids[3]!))).toBe('1:7:-1:0');
});

test('a batch that is not known any more is not acknowledged by one of its messages', () => {
  const acks = new BatchAcks();
  const ids = aBatch(7, 2);
  acks.received(ids);
  acks.done(ids[0]!);
  acks.clear();
  expect(acks.done(ids[1]!)).toBeNull();
});

test('a batch received again waits for all of its messages again', () => {
  const acks = new BatchAcks();
  const ids = aBatch(7, 2);
  acks.received(ids);
  acks.done(ids[0]!);
  acks.received(ids);
  expect(acks.done(ids[1]!)).toBeNull();
  expect(text(acks.done(ids[0]!))).toBe('1:7:-1:0');
});

test('a message that is no batch is its own entry', () => {
  expect(text(new BatchAcks().done(anId(7, -1, 0)))).toBe('1:7:-1:0');
});

test('a cumulative acknowledgement leaves later batches open', () => {
  const acks = new BatchAcks();
  for (const entry of [7, 8]) acks.received(aBatch(entry, 2));
  acks.forgetUpTo(anId(7, -1, 0));
  expect(acks.done(anId(7, 0, 2))).toBeNull();
  expect(acks.done(anId(7, 1, 2))).toBeNull();
  expect(acks.done(anId(8, 0, 2))).toBeNull();
  expect(text(acks.done(anId(8, 1, 2)))).toBe('1:8:-1:0');
});

test.each([
  ['a message that is no batch', anId(7, -1, 0), '1:7:-1:0'],
  ['the last message of a batch', anId(7, 4, 5), '1:7:-1:0'],
  ['a message in mid-batch', anId(7, 3, 5), '1:6:-1:0'],
  ['a message of a batch whose size is not known', anId(7, 4, undefined), '1:6:-1:0'],
  ['mid-batch in the first entry of a ledger', anId(0, 1, 5), null],
])('up to %s, only whole entries are acknowledged', (_, id, expected) => {
  expect(text(lastEntryUpTo(id))).toBe(expected);
});

function anId(entryId: number, batchIndex: number, batchSize: number | undefined): MessageId {
  return { ledgerId: 1, entryId, batchIndex, partition: 0, batchSize };
}

function aBatch(entryId: number, size: number): MessageId[] {
  return Array.from({ length: size }, (_, i) => anId(entryId, i, size));
}

function text(id: MessageId | null): string | null {
  return id && formatMessageId(id);
}
