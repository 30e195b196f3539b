import { expect, test } from 'vitest';
import type { Difference } from '../../src/model/difference.ts';
import { type ReportPage, reportPage } from '../../src/ui/report-page.ts';
import { reportText } from '../../src/ui/validation-text.ts';
import { aComparedTable } from '../cutover/open-gates.ts';

function aPage(changed: Partial<ReportPage> = {}): ReportPage {
  return {
    migration: 'shop',
    startedAtMicros: 1_700_000_000_000_000n,
    finishedAtMicros: 1_700_000_060_000_000n,
    scope: undefined,
    tables: [aComparedTable({ table: 'orders', sourceRows: 12n, targetRows: 12n })],
    differences: [],
    ...changed,
  };
}

function difference(id: number, changed: Partial<Difference> = {}): Difference {
  const key = { partitionKey: [Buffer.from([id >> 8, id & 0xff])], clustering: [Buffer.from('x')] };
  return { kind: 'mismatch', table: 'orders', key, columns: ['a'], ...changed };
}

test('what was compared, when, how many rows, and that they are equal', () => {
  const page = reportPage(aPage());
  expect(page).toContain('<h1>shop: equal</h1>');
  expect(page).toContain('everything, compared from 2023-11-14T22:13:20.000Z to 2023-11-14T22:14:20.000Z');
  expect(page).toContain('<td>orders</td><td class="number">12</td><td class="number">12</td>');
  expect(page).not.toContain('differ for certain');
});

test('that the target was looked up by key is said', () => {
  const otherPartitioner = 'com.amazonaws.cassandra.DefaultPartitioner';
  expect(reportPage(aPage({ otherPartitioner }))).toContain(
    `look-ups of the keys, since the target has ${otherPartitioner}</p>`,
  );
  expect(reportPage(aPage())).not.toContain('look-ups');
  expect(reportText({ tables: [], otherPartitioner }).split('\n')[0]).toContain(otherPartitioner);
});

test('each row that differs for certain with its key, times and where to look first; pending ones are counted', () => {
  const written = { source: 1_700_000_000_000_000n, target: undefined, likely: 'the source was written unseen' };
  const page = reportPage(
    aPage({
      tables: [aComparedTable({ mismatched: 1, pending: 1 })],
      differences: [difference(7, { written }), difference(8, { kind: 'pending' })],
    }),
  );
  expect(page).toContain('<h1>shop: 1 rows differ</h1>');
  expect(page).toContain('<code>0x0007 / 0x78</code></td><td>a</td><td>2023-11-14T22:13:20.000Z</td><td></td>');
  expect(page).toContain('the source was written unseen');
  expect(page).not.toContain('0x0008');
});

test('names are text and no markup, and the list has an end', () => {
  const differences = Array.from({ length: 1_200 }, (_, id) => difference(id, { table: '<b>"&', columns: ['<i>'] }));
  const page = reportPage(aPage({ scope: 'a < b', differences }));
  expect(page).not.toMatch(/<b>|<i>/);
  expect(page).toContain('&lt;b&gt;&quot;&amp;');
  expect(page).toContain('a &lt; b');
  expect(page).toContain('and 200 more');
});
