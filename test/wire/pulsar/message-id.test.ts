import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareMessageIds, formatMessageId, parseMessageId } from '../../../src/wire/pulsar/message-id.ts';

test('an id survives as text', () => {
  const index = fc.integer({ min: -1, max: 2 ** 30 - 1 });
  const position = fc.integer({ min: -1, max: 2 ** 50 });
  const id = fc.record({ ledgerId: position, entryId: position, batchIndex: index, partition: index });
  fc.assert(
    fc.property(id, (value) => {
      expect(parseMessageId(formatMessageId(value))).toEqual(value);
    }),
  );
});

test('a chunked message keeps the entry it begins with', () => {
  const id = { ledgerId: 5, entryId: 9, batchIndex: -1, partition: 2, firstChunk: { ledgerId: 4, entryId: 7 } };
  expect(formatMessageId(id)).toBe('5:9:-1:2:4:7');
  expect(parseMessageId('5:9:-1:2:4:7')).toEqual(id);
});

test('the text is ledger:entry:batch:partition', () => {
  expect(formatMessageId({ ledgerId: 12, entryId: 3, batchIndex: -1, partition: 7, batchSize: 0 })).toBe('12:3:-1:7');
});

test.each([
  '',
  '1:2:3',
  '1:2:3:4:5',
  '1:2:3:4:5:',
  '1:2:3:4:-1:6',
  'a:2:3:4',
  '1:2:3:4 ',
  '1.5:2:3:4',
  '99999999999999999:1:1:1',
])('%j is no id', (text) => {
  expect(() => parseMessageId(text)).toThrow('not a message id');
});

test('ids are ordered by ledger, then entry, then place in the batch', () => {
  const ordered = ['1:9:-1:0', '2:0:0:0', '2:0:1:0', '2:1:-1:0', '10:0:-1:0'];
  const shuffled = ['10:0:-1:0', '2:0:1:0', '1:9:-1:0', '2:1:-1:0', '2:0:0:0'];
  expect(shuffled.map(parseMessageId).sort(compareMessageIds).map(formatMessageId)).toEqual(ordered);
});
