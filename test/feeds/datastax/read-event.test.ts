import { describe, expect, test } from 'vitest';
import { keyOfMessage } from '../../../src/feeds/datastax/key-of-message.ts';
import { readEvent } from '../../../src/feeds/datastax/read-event.ts';
import { splitPartitionKey } from '../../../src/model/partition-key.ts';
import { tokenOf } from '../../../src/model/token.ts';
import { aTable, int } from '../../support/a-table.ts';
import { fixtureNames, messagesOf, readFixture, receivedOf } from './fixture-file.ts';

const withWholeKeys = fixtureNames.filter((name) => name !== 'keys_time');

describe.each(withWholeKeys)('events of %s', (name) => {
  const fixture = readFixture(name);
  const events = messagesOf(fixture, 'events');

  test('name partitions that have the token which the agent gives', () => {
    for (const event of events.filter(({ properties }) => properties.token !== '')) {
      const { partitionKey } = readEvent(receivedOf(event), fixture.table);
      expect(`${tokenOf(partitionKey)}`, event.keyHex).toBe(event.properties.token);
    }
  });

  test('tell node, digest and write time as the reference does', () => {
    for (const event of events) {
      const reference = event.value as { md5Digest: string | null; nodeId: string | null };
      const { node, digest, writeTimeMicros } = readEvent(receivedOf(event), fixture.table);
      expect({ node, digest }).toEqual({
        node: reference.nodeId ?? undefined,
        digest: reference.md5Digest ?? undefined,
      });
      expect(writeTimeMicros?.toString()).toBe(event.properties.writetime);
    }
  });

  test('name no row exactly where the reference has null clustering columns', () => {
    const names = fixture.table.clustering.map((column) => column.name);
    for (const event of events) {
      const key = event.key as Record<string, unknown>;
      const { clustering } = readEvent(receivedOf(event), fixture.table);
      expect(clustering === undefined, event.keyHex).toBe(
        names.length > 0 && names.every((each) => key[each] === null),
      );
    }
  });
});

describe.each(fixtureNames)('the key of a data message of %s', (name) => {
  const fixture = readFixture(name);

  test('is in both formats the one of the event', () => {
    const keysOf = (channel: 'events' | 'avro' | 'keyValueJson') =>
      messagesOf(fixture, channel).map(({ keyHex }) =>
        keyOfMessage(Buffer.from(keyHex, 'hex'), fixture.table, channel === 'keyValueJson' ? 'json' : 'avro'),
      );
    const events = new Set(keysOf('events').map(keyText));
    expect(
      keysOf('avro')
        .map(keyText)
        .filter((key) => !events.has(key)),
    ).toEqual([]);
    expect(
      keysOf('keyValueJson')
        .map(keyText)
        .filter((key) => !events.has(key)),
    ).toEqual([]);
    expect(keysOf('avro').length).toBe(messagesOf(fixture, 'events').length);
  });
});

function keyText(key: ReturnType<typeof keyOfMessage>): string {
  return `${key.partitionKey.toString('hex')}/${key.clustering?.map((value) => value.toString('hex'))}`;
}

test('a time that was cut to microseconds makes the key of another row, and is refused by its token', () => {
  const fixture = readFixture('keys_time');
  const outcomes = messagesOf(fixture, 'events').map((event) => {
    try {
      return readEvent(receivedOf(event), fixture.table).partitionKey.toString('hex');
    } catch (error) {
      return (error as Error).name;
    }
  });
  expect(outcomes.filter((outcome) => outcome === 'UnfitValueError').length).toBeGreaterThan(0);
  expect(outcomes.filter((outcome) => outcome !== 'UnfitValueError').length).toBeGreaterThan(0);
});

const small = aTable({ partitionKey: { a: 'tinyint', b: 'smallint' }, clustering: { c: 'tinyint' } });

test('a tinyint or smallint of a key gets its sign back', () => {
  // 255, 65535, 128 as Avro ints; the last one in a union.
  const key = keyOfMessage(Buffer.from('fe03feff070280 02'.replaceAll(' ', ''), 'hex'), small, 'avro');
  expect(splitPartitionKey(key.partitionKey, 2)).toEqual([Buffer.from([0xff]), Buffer.from([0xff, 0xff])]);
  expect(key.clustering).toEqual([Buffer.from([0x80])]);
});

test('a table without clustering columns has one row in a partition, which the event names', () => {
  expect(keyOfMessage(Buffer.from([2]), aTable(), 'avro')).toEqual({ partitionKey: int(1), clustering: [] });
});

test.each([
  ['bytes left over', '0200'],
  ['bytes missing', ''],
])('a key with %s is refused', (_, hex) => {
  expect(() => keyOfMessage(Buffer.from(hex, 'hex'), aTable(), 'avro')).toThrow(RangeError);
});

test('a key with only some of its clustering columns is refused', () => {
  const table = aTable({ clustering: { a: 'int', b: 'int' } });
  expect(() => keyOfMessage(Buffer.from('02020400', 'hex'), table, 'avro')).toThrow('some of its clustering columns');
});

test('an event without a key, and one whose value is another, are refused', () => {
  const event = { key: Buffer.from([2]), properties: {}, payload: Buffer.from('000000', 'hex') };
  expect(readEvent(event, aTable())).toMatchObject({ node: undefined, digest: undefined, writeTimeMicros: undefined });
  expect(() => readEvent({ ...event, key: null }, aTable())).toThrow(TypeError);
  expect(() => readEvent({ ...event, payload: Buffer.from('00', 'hex') }, aTable())).toThrow(RangeError);
});
