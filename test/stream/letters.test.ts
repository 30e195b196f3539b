import { expect, test } from 'vitest';
import { letterOf } from '../../src/stream/letters.ts';
import { aTable, int, text } from '../support/a-table.ts';
import { aCell, anUpdate, aRow } from '../support/an-update.ts';

const table = aTable({ clustering: { c: 'int' }, statics: { s: 'text' }, regulars: { a: 'text' } });
const row = aRow({ clustering: [int(7)], cells: [aCell(table, 'a', text('x'), 1n)] });
const staticRow = aRow({ cells: [aCell(table, 's', text('x'), 1n)] });

test.each([
  ['of one row names it', { rows: [row] }, ['00000007']],
  [
    'of one row and its partition’s statics, as an image of the connector has both, names the partition',
    { rows: [row], staticRow },
    [],
  ],
  ['of statics names the partition', { staticRow }, []],
  ['of several rows names the partition', { rows: [row, { ...row, clustering: [int(8)] }] }, []],
])('the letter of an update %s: its replay reads that again', (_, parts, clustering) => {
  const letter = letterOf({ update: anUpdate(table, parts), event: undefined }, new RangeError('no'));
  expect(letter).toMatchObject({ partitionKey: '00000001', clustering });
});
