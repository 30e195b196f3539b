import { expect, test } from 'vitest';
import { parseMessageId } from '../../../src/wire/pulsar/message-id.ts';
import {
  isAhead,
  isWanted,
  positionAfter,
  positionAt,
  toStartMessageId,
} from '../../../src/wire/pulsar/read-position.ts';

const id = parseMessageId;

test('in the entry where reading begins, earlier messages of the batch are not wanted', () => {
  const position = positionAt(id('5:6:2:0'));
  expect(isWanted(id('5:6:1:0'), position)).toBe(false);
  expect(isWanted(id('5:6:2:0'), position)).toBe(true);
  expect(isWanted(id('5:7:0:0'), position)).toBe(true);
});

test('behind a message of a batch the next one is wanted, behind a whole entry none of it', () => {
  expect(isWanted(id('5:6:2:0'), positionAfter(id('5:6:2:0')))).toBe(false);
  expect(isWanted(id('5:6:3:0'), positionAfter(id('5:6:2:0')))).toBe(true);
  expect(isWanted(id('5:6:-1:0'), positionAfter(id('5:6:-1:0')))).toBe(false);
  expect(isWanted(id('5:6:9:0'), positionAfter(id('5:6:-1:0')))).toBe(false);
});

test.each([
  ['5:6:9:0', positionAfter(id('5:6:8:0')), true],
  ['5:6:9:0', positionAfter(id('5:6:9:0')), false],
  ['5:6:9:0', positionAt(id('5:6:9:0')), true],
  ['5:6:-1:0', positionAt(id('5:6:-1:0')), true],
  ['5:6:9:0', positionAfter(id('5:6:-1:0')), false],
  ['5:7:-1:0', positionAfter(id('5:6:-1:0')), true],
  ['4:7:-1:0', positionAfter(id('5:-1:-1:0')), false],
])('whether %s is still ahead', (last, position, expected) => {
  expect(isAhead(id(last), position)).toBe(expected);
});

test('a start within an entry asks the broker for that entry, one behind it for the next', () => {
  expect(toStartMessageId(positionAt(id('5:6:-1:0')))).toEqual({ ledgerId: 5, entryId: 6, batchIndex: 0 });
  expect(toStartMessageId(positionAfter(id('5:6:3:0')))).toEqual({ ledgerId: 5, entryId: 6, batchIndex: 0 });
  expect(toStartMessageId(positionAfter(id('5:6:-1:0')))).toEqual({ ledgerId: 5, entryId: 6 });
  expect(toStartMessageId(positionAfter(id('5:-1:-1:0')))).toEqual({ ledgerId: 5, entryId: -1 });
});
