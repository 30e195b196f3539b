import { describe, expect, test } from 'vitest';
import { readEvent } from '../../../src/feeds/datastax/read-event.ts';
import { splitPartitionKey } from '../../../src/model/partition-key.ts';
import { tokenOf } from '../../../src/model/token.ts';
import { eventKey } from '../../../src/sandbox/datastax/event-key.ts';
import { eventsOfUpdate, eventsPartitionOf } from '../../../src/sandbox/datastax/events-of-update.ts';
import { fixtureNames, messagesOf, readFixture, receivedOf } from '../../feeds/datastax/fixture-file.ts';
import { aTable, int, text } from '../../support/a-table.ts';
import { aCell, anUpdate, aRow, at } from '../../support/an-update.ts';

const origin = { node: '1905238a-62b6-4d86-822c-61d732de9d5f', segpos: '7:42', digest: 'ab'.repeat(16) };

describe.each(fixtureNames.filter((name) => name !== 'keys_time'))('keys of %s', (name) => {
  test('are written byte by byte as the agent writes them', () => {
    const { table, ...fixture } = readFixture(name);
    for (const message of messagesOf({ table, ...fixture }, 'events')) {
      const { partitionKey, clustering } = readEvent(receivedOf(message), table);
      const values = splitPartitionKey(partitionKey, table.partitionKey.length);
      expect(eventKey(table, values, clustering)!.toString('hex')).toBe(message.keyHex);
    }
  });
});

test('an event has the bytes and the properties of a recorded one', () => {
  const fixture = readFixture('clust');
  const [recorded] = messagesOf(fixture, 'events');
  const { partitionKey, clustering, digest, node, writeTimeMicros } = readEvent(receivedOf(recorded!), fixture.table);
  const row = aRow({ clustering: clustering!, marker: { timestampMicros: writeTimeMicros! } });
  const recordedOrigin = { node: node!, digest: digest!, segpos: recorded!.properties.segpos! };
  const [event] = eventsOfUpdate(anUpdate(fixture.table, { partitionKey, rows: [row] }), recordedOrigin);
  expect(event!.key.toString('hex')).toBe(recorded!.keyHex);
  expect(event!.payload.toString('hex')).toBe(recorded!.payloadHex);
  expect(event!.properties).toEqual(recorded!.properties);
});

describe('what is told of an update', () => {
  const table = aTable({ clustering: { seq: 'int' }, statics: { motto: 'text' } });
  const cell = (micros: bigint) => aCell(table, 'name', text('n'), micros);
  const told = (parts: Parameters<typeof anUpdate>[1]) =>
    eventsOfUpdate(anUpdate(table, parts), origin).map((event) => {
      const { clustering } = readEvent(event, table);
      return [clustering?.map((value) => value.readInt32BE()), event.properties.writetime];
    });

  test('each row, with the newest write time of all of them', () => {
    const rows = [aRow({ clustering: [int(1)], cells: [cell(5n)] }), aRow({ clustering: [int(2)], cells: [cell(9n)] })];
    expect(told({ rows })).toEqual([
      [[1], '9'],
      [[2], '9'],
    ]);
  });

  test('a row delete with its own write time', () => {
    const rows = [aRow({ clustering: [int(1)], deletion: at(3n) }), aRow({ clustering: [int(2)], cells: [cell(9n)] })];
    expect(told({ rows })[0]).toEqual([[1], '3']);
  });

  test('of a partition delete the partition alone, not the rows beside it', () => {
    expect(told({ partitionDeletion: at(4n), rows: [aRow({ clustering: [int(1)], cells: [cell(5n)] })] })).toEqual([
      [undefined, '5'],
    ]);
  });

  test('statics alone as the partition, beside a row not at all', () => {
    const staticRow = aRow({ cells: [aCell(table, 'motto', text('m'), 6n)] });
    expect(told({ staticRow })).toEqual([[undefined, '6']]);
    expect(told({ staticRow, rows: [aRow({ clustering: [int(1)], cells: [cell(5n)] })] })).toEqual([[[1], '6']]);
  });

  test('nothing of a range delete, of counters, or of a key that the agent does not know', () => {
    const range = { start: { values: [], isInclusive: true }, end: { values: [], isInclusive: true }, ...at(4n) };
    expect(told({ rangeDeletions: [range] })).toEqual([]);
    const rows = [aRow({ cells: [cell(5n)] })];
    expect(eventsOfUpdate(anUpdate(aTable({ isCounter: true }), { rows }), origin)).toEqual([]);
    const odd = aTable({ partitionKey: { id: 'frozen<list<int>>' } });
    expect(eventsOfUpdate(anUpdate(odd, { rows }), origin)).toEqual([]);
  });

  test('no write time where it is -1', () => {
    expect(told({ rows: [aRow({ clustering: [int(1)], cells: [cell(-1n)] })] })).toEqual([[[1], undefined]]);
  });
});

test('the partition of a topic is that of the documented rule', () => {
  const token = tokenOf(int(1));
  expect(token).toBe(-4069959284402364209n);
  expect([3, 8].map((partitions) => eventsPartitionOf(token, partitions))).toEqual([2, 4]);
});
