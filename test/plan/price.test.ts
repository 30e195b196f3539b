import { expect, test } from 'vitest';
import { publishedPrices } from '../../src/config/prices.ts';
import { writeUnitsOf } from '../../src/model/write-capacity.ts';
import { provisioned, readsOnDemand, scanUnitsOf, storagePerMonth, writesOnDemand } from '../../src/plan/price.ts';

const { prices } = publishedPrices;
/** A TiB of rows that encode to exactly 1 KB. */
const rows = 2 ** 30;
const writes = rows * writeUnitsOf(1024);

test('a TiB in rows of 1 KB is written for 671 USD on demand', () => {
  expect(writes).toBe(1.073741824e9);
  expect(Math.round(writesOnDemand(writes, prices))).toBe(671);
});

test('a row of one byte more doubles it', () => {
  expect(writesOnDemand(rows * writeUnitsOf(1025), prices)).toBe(2 * writesOnDemand(writes, prices));
  expect([writeUnitsOf(1), writeUnitsOf(1024), writeUnitsOf(1025), writeUnitsOf(2049)]).toEqual([1, 1, 2, 3]);
});

test('at 40,000 write units a second it takes 7.5 hours and 194 USD if all of them are used, 10.7 and 277 at 70 %', () => {
  const full = provisioned(writes, 40_000, prices.writeUnitHour, 1);
  expect(full.hours).toBeCloseTo(7.5, 1);
  expect(Math.round(full.usd)).toBe(194);
  const usual = provisioned(writes, 40_000, prices.writeUnitHour);
  expect(usual.hours).toBeCloseTo(10.7, 1);
  expect(Math.round(usual.usd)).toBe(277);
});

test('a validation scans it for 34 USD', () => {
  const units = scanUnitsOf(rows * 1024);
  expect(units).toBe(2 ** 28);
  expect(Math.round(readsOnDemand(units, prices))).toBe(34);
});

test('a scan of a byte is a unit, and one of nothing none', () => {
  expect([0, 1, 4096, 4097].map(scanUnitsOf)).toEqual([0, 1, 1, 2]);
});

test('storage is paid by the GB and month', () => {
  expect(storagePerMonth(100 * 2 ** 30, prices)).toBe(25);
});
