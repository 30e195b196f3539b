import { describe, expect, test } from 'vitest';
import { keyColumns } from '../../src/model/table.ts';
import { costText } from '../../src/plan/cost-text.ts';
import { planCost, type Sampled } from '../../src/plan/plan-cost.ts';
import { aConfig, cassandraTarget } from '../support/a-config.ts';
import { aTable, int } from '../support/a-table.ts';

const keyspaces = (more: object = {}) => ({ kind: 'keyspaces', region: 'us-east-1', keyspace: 'moved', ...more });

const orders = aTable({ name: 'orders', regulars: { v: 'blob' } });
/** A key of 8 bytes, and 28 beside the value. */
const besides = 8 + 28;

/** Sixteen stretches of a thousandth of the ring, and rows of one partition each that encode to so many bytes. */
function aSample(encodedBytes: number, rowsOfStretch = 10, share = 0.001): Sampled {
  const row = { values: [int(1), Buffer.alloc(encodedBytes - besides)], ttlSeconds: [null] };
  const partitions = Array.from({ length: rowsOfStretch }, () => [row]);
  const stretch = { partitions, share, isWhole: false, isCut: false, keys: { count: rowsOfStretch, share } };
  const columns = [...keyColumns(orders), ...orders.columns.values()];
  return { sample: { columns, ttlColumns: 1, stretches: Array.from({ length: 16 }, () => stretch) } };
}

function costOf(
  target: object,
  sampled: Readonly<Record<string, Sampled>> = { orders: aSample(1024) },
  snapshot: object = {},
) {
  const tables = Object.keys(sampled).map((name) => ({ table: { ...orders, name }, estimatedBytes: undefined }));
  return planCost(aConfig({ target, snapshot }), tables, new Map(Object.entries(sampled)));
}

const textOf = (...args: Parameters<typeof costOf>) => costText(costOf(...args)).join('\n');

describe('on demand', () => {
  test('units and USD follow from rows and their encoded bytes', () => {
    const { bill } = costOf(keyspaces()).total;
    expect(bill).toMatchObject({ writes: { units: 10_000, provisioned: undefined }, reads: { units: 2_500 } });
    expect(bill!.writes.onDemandUsd).toBeCloseTo(0.00625, 6);
    expect(bill!.reads.onDemandUsd).toBeCloseTo(0.0003125, 7);
    expect(bill!.storageBytes).toBe(10_000 * 1124);
    expect(bill!.storageUsdMonth).toBeCloseTo(((10_000 * 1124) / 2 ** 30) * 0.25, 9);
  });

  test('a byte more in each row doubles the writes, and the text shows why', () => {
    const one = costOf(keyspaces(), { orders: aSample(1025) });
    expect(one.total.bill!.writes.units).toBe(20_000);
    expect(costText(one).join('\n')).toContain(
      'encoded a row has 1,030 bytes on average (±5 %) and takes 2 write units',
    );
  });

  test('the sum is that of the tables, and names those that are not in it', () => {
    const sampled = { orders: aSample(1024), large: aSample(3000, 20), dark: { failed: 'no right' } };
    const { total, tables } = costOf(keyspaces(), sampled);
    expect(total.bill!.writes.units).toBe(10_000 + 60_000);
    expect(total.bill!.writes.onDemandUsd).toBeCloseTo(0.04375, 6);
    expect(tables.find(({ name }) => name === 'dark')).toMatchObject({ cost: undefined, unknown: 'no right' });
    const text = textOf(keyspaces(), sampled);
    expect(text).toContain('  dark: not known: no right');
    expect(text).toContain('in sum, without dark: 30,000 rows');
    expect(text).not.toMatch(/dark.* 0 /);
  });
});

test('provisioned tables have hours, and cost what their capacity costs meanwhile, beside what they would on demand', () => {
  const tables = { writeUnits: 100, readUnits: 50 };
  const { writes, reads } = costOf(keyspaces({ tables })).total.bill!;
  expect(writes.provisioned!.hours).toBeCloseTo(10_000 / (100 * 0.7 * 3600), 9);
  expect(writes.provisioned!.usd).toBeCloseTo(writes.provisioned!.hours * 100 * 0.00065, 9);
  expect(reads.provisioned!.hours).toBeCloseTo(2_500 / (50 * 0.7 * 3600), 9);
  expect(writes.onDemandUsd).toBeCloseTo(0.00625, 6);
  const sampled = { orders: aSample(1024), large: aSample(1024, 100) };
  const both = costOf(keyspaces({ tables }), sampled).total.bill!.writes.provisioned!;
  expect(both.hours).toBeCloseTo(10 * writes.provisioned!.hours, 9);
  expect(both.usd).toBeCloseTo(11 * writes.provisioned!.usd, 9);
  const text = textOf(keyspaces({ tables }));
  expect(text).toContain('; each table provisioned with 100 write and 50 read units a second, 70 % of it used');
  expect(text).toMatch(/snapshot: 10,000 write units, 0.01 USD on demand, .* USD as provisioned in 2.38 min;/);
});

describe('prices', () => {
  test('are those of us-east-1 on a day that is said, and of another Region by the operator’s own', () => {
    expect(textOf(keyspaces())).toContain('prices: USD of us-east-1 as published 2025-11-05, without taxes');
    expect(textOf(keyspaces({ region: 'eu-west-1' }))).toContain('those of eu-west-1 belong into target.prices');
    const replicaRegions = ['us-east-1', 'eu-west-1'];
    expect(textOf(keyspaces({ replicaRegions }))).toContain('; replicas in eu-west-1 are billed besides');
  });

  test('of the configuration are used, and said to be', () => {
    const prices = { writesPerMillion: 1_000_000 };
    expect(costOf(keyspaces({ prices })).total.bill!.writes.onDemandUsd).toBe(10_000);
    expect(textOf(keyspaces({ prices }))).toContain('2025-11-05, but writesPerMillion of target.prices');
    const all = {
      ...{ writesPerMillion: 0.7, readsPerMillion: 0.14 },
      ...{ writeUnitHour: 0.0007, readUnitHour: 0.00014, storageGigabyteMonth: 0.3 },
    };
    expect(textOf(keyspaces({ prices: all }))).toContain('prices: USD of target.prices, without taxes');
  });
});

test('a target that is a Cassandra has bytes to read and no bill', () => {
  const cost = costOf(cassandraTarget);
  expect(cost).toMatchObject({
    prices: undefined,
    total: { bill: undefined, validationBytes: 10_000 * (4 + 4 + 4 + 988 + 4) },
  });
  const text = costText(cost).join('\n');
  expect(text).toContain('snapshot: reads 10 MB of the source');
  expect(text).toContain('a validation of everything: reads 10 MB of each side');
  expect(text).not.toContain('USD');
});

test('a table of which all was read and nothing was there is empty, one that is not known is never nothing', () => {
  const columns = [...keyColumns(orders), ...orders.columns.values()];
  const nothing = { partitions: [], share: 1 / 16, isWhole: true, isCut: false, keys: { count: 0, share: 1 / 16 } };
  const empty = { sample: { columns, ttlColumns: 1, stretches: Array.from({ length: 16 }, () => nothing) } };
  expect(textOf(keyspaces(), { orders: empty })).toContain('  orders: empty');
  const sized = costOf(keyspaces(), { orders: { sample: { columns, ttlColumns: 1, stretches: [] } } });
  expect(sized.tables[0]).toMatchObject({ estimate: undefined, cost: undefined });
  const text = costText(sized).join('\n');
  expect(text).toContain('  orders: not known: its partitions are larger than a sample reads');
  expect(text).not.toContain('in sum');
});

test('every night is thirty validations, and the text names what reads less', () => {
  const text = textOf(keyspaces({ prices: { readsPerMillion: 1_000_000 } }));
  expect(text).toContain('a validation of everything: 2,500 read units, 2,500 USD on demand; reads');
  expect(text).toContain('validated every night: 75,000 USD for 30 nights');
  expect(text).toContain('`validate --sample 10`');
  expect(text).toContain('`validate --since last`');
});

describe('remaining times', () => {
  test('are read with each row, and the text says what of it they are', () => {
    expect(textOf(cassandraTarget)).toContain(
      'remaining times (TTL) of 1 column are read, 4 of the 1,000 bytes that a row is read as; none of 160 sampled rows expire',
    );
  });

  test('are read by validations only where the operator says that nothing expires', () => {
    const neverExpires = { tables: [{ table: 'ord*', expires: false }] };
    const { copyBytes, validationBytes } = costOf(cassandraTarget, undefined, neverExpires).total;
    expect(validationBytes - copyBytes).toBe(10_000 * 4);
    expect(textOf(cassandraTarget, undefined, neverExpires)).toContain(
      'are read by validations only, not by the snapshot',
    );
  });

  test('are said to be none only of tables of which none can be read', () => {
    const { sample } = aSample(1024) as { sample: object };
    expect(textOf(cassandraTarget, { orders: { sample: { ...sample, ttlColumns: 0 } } as Sampled })).not.toContain(
      'TTL',
    );
  });
});
