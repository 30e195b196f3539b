import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { formatMessageId } from '../../../src/wire/pulsar/message-id.ts';
import { Outbox, type PendingEntry } from '../../../src/wire/pulsar/outbox.ts';
import { PulsarError } from '../../../src/wire/pulsar/pulsar-error.ts';
import type { BatchingOptions } from '../../../src/wire/pulsar/types.ts';

const limits: BatchingOptions = { maxMessages: 3, maxBytes: 1_000, maxDelayMs: 0 };

test('a batch goes out when it is full, and the rest at the end of the turn', async () => {
  const { outbox, sizes, add } = anOutbox(limits);
  for (let i = 0; i < 5; i++) void add(10);
  expect(sizes()).toEqual([3]);
  await sleep(5);
  expect(sizes()).toEqual([3, 2]);
  expect(outbox.count).toBe(5);
});

test('a batch goes out when its bytes are enough', () => {
  const { sizes, add } = anOutbox(limits);
  void add(1_000);
  expect(sizes()).toEqual([1]);
});

test('a message that would make the batch too large for the broker begins another', () => {
  const { sizes, add } = anOutbox({ ...limits, maxBytes: 1_000_000 }, 500);
  void add(300);
  void add(300);
  expect(sizes()).toEqual([1]);
});

test('a batch waits for its delay', async () => {
  const { sizes, add } = anOutbox({ ...limits, maxDelayMs: 40 });
  void add(10);
  await sleep(10);
  expect(sizes()).toEqual([]);
  await sleep(60);
  expect(sizes()).toEqual([1]);
});

test('every message of a batch gets its own id from the one receipt', async () => {
  const { outbox, add } = anOutbox(limits);
  const sent = [add(1), add(1), add(1)];
  expect(outbox.confirm({ sequenceId: 0, messageId: { ledgerId: 7, entryId: 8 } }, 2)).toBe(true);
  expect((await Promise.all(sent)).map(formatMessageId)).toEqual(['7:8:0:2', '7:8:1:2', '7:8:2:2']);
  expect(outbox.count).toBe(0);
});

test('a resend is the very same entries with the same ids', () => {
  const { outbox, transmitted, add } = anOutbox(limits);
  for (let i = 0; i < 6; i++) void add(20);
  outbox.confirm({ sequenceId: 0, messageId: { ledgerId: 1, entryId: 1 } }, -1);
  const [, second] = transmitted.splice(0);
  outbox.resend();
  expect(transmitted).toEqual([second]);
  expect(transmitted[0]).toBe(second);
});

test('a late receipt is passed over, one that skips an entry is not taken', async () => {
  const { outbox, add } = anOutbox(false);
  const first = add(1);
  void add(1);
  expect(outbox.confirm({ sequenceId: 1, messageId: { ledgerId: 1, entryId: 2 } }, -1)).toBe(false);
  expect(outbox.count).toBe(2);
  expect(outbox.confirm({ sequenceId: 0, messageId: { ledgerId: 1, entryId: 1 } }, -1)).toBe(true);
  expect(outbox.confirm({ sequenceId: 0, messageId: { ledgerId: 9, entryId: 9 } }, -1)).toBe(true);
  expect(formatMessageId(await first)).toBe('1:1:-1:-1');
  expect(outbox.count).toBe(1);
});

test('sequence ids go on behind what the broker has seen of this producer', () => {
  const { outbox, transmitted, add } = anOutbox(false);
  outbox.continueAfter(41);
  void add(1);
  expect(transmitted.map(({ firstId }) => firstId)).toEqual([42]);
  expect(outbox.count).toBe(1);
});

test('ids of the caller may have gaps: a batch is confirmed by its first and settles its last', () => {
  const { outbox, transmitted, add } = anOutbox(limits);
  for (const id of [4, 9, 20]) void add(10, id);
  expect(transmitted.map(({ firstId, lastId, bytes }) => [firstId, lastId, bytes])).toEqual([[4, 20, 30]]);
  expect([outbox.count, outbox.bytes]).toEqual([3, 30]);
  expect(outbox.confirm({ sequenceId: 4 }, -1)).toBe(true);
  expect([outbox.count, outbox.bytes, outbox.lastSettledId]).toEqual([0, 0, 20]);
});

test('when all is rejected nobody is left waiting, batched or sent', async () => {
  const { outbox, add } = anOutbox(limits);
  const sent = Array.from({ length: 4 }, () => add(1));
  outbox.rejectAll(new PulsarError('ProducerFenced', 'gone'));
  const outcomes = await Promise.allSettled(sent);
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected', 'rejected']);
  expect(outbox.count).toBe(0);
});

function anOutbox(batching: BatchingOptions | false, maxBytes = 1_000_000) {
  const transmitted: PendingEntry[] = [];
  const outbox = new Outbox(batching, {
    entryFrom: () => ({ producerName: 'p', publishTimeMs: 0, compression: 'none', schemaVersion: null }),
    transmit: (entry) => transmitted.push(entry),
  });
  const add = (bytes: number, sequenceId = outbox.lastId + 1) =>
    outbox.add({ payload: Buffer.alloc(bytes) }, sequenceId, bytes, maxBytes);
  return { outbox, transmitted, add, sizes: () => transmitted.map(({ waiters }) => waiters.length) };
}
