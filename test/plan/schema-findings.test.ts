import { expect, test } from 'vitest';
import type { Config } from '../../src/config/config.ts';
import { schemaFindings } from '../../src/plan/schema-findings.ts';
import { aTable } from '../support/a-table.ts';

const accepting = (...tables: readonly string[]) =>
  ({ accept: tables.map((table) => ({ table, what: 'future-write-times', reason: 'known' })) }) as unknown as Config;

test('a table whose write times are ahead is named as one in recopy mode', () => {
  const findings = schemaFindings([aTable({ name: 'visits' }), aTable({ name: 'orders' })], accepting('visits'));
  expect(findings).toMatchObject([
    { severity: 'warning', check: 'write times', found: expect.stringMatching(/^visits .*recopy mode/) },
  ]);
});

test('a table with a default TTL cannot be one of which nothing expires', () => {
  const sessions = { ...aTable({ name: 'sessions' }), defaultTtlSeconds: 60 };
  const saying = (expires: boolean) =>
    ({ ...accepting(), snapshot: { tables: [{ table: 'sess*', order: 0, expires }] } }) as unknown as Config;
  expect(schemaFindings([sessions], saying(true))).toEqual([]);
  expect(schemaFindings([{ ...sessions, defaultTtlSeconds: 0 }], saying(false))).toEqual([]);
  expect(schemaFindings([sessions], saying(false))).toMatchObject([
    { severity: 'fault', check: 'values that expire', found: 'sessions has one of 60 s' },
  ]);
});

test('a counter table is no fault, and says when it is copied', () => {
  const counters = aTable({ name: 'hits', isCounter: true, regulars: { n: 'counter' } });
  expect(schemaFindings([counters], accepting())).toMatchObject([
    { severity: 'warning', found: expect.stringMatching(/hits is a counter table.*the cutover copies them/) },
  ]);
});
