import { expect, test } from 'vitest';
import { propertiesOf, settingsOfProperties } from '../../../src/sandbox/keyspaces/state/custom-properties.ts';
import { aState } from './a-state.ts';

test('every custom property is understood', () => {
  const settings = settingsOfProperties({
    capacity_mode: { throughput_mode: 'PROVISIONED', read_capacity_units: '10', write_capacity_units: '20' },
    client_side_timestamps: { status: 'enabled' },
    ttl: { status: 'Enabled' },
    point_in_time_recovery: { status: 'disabled' },
    encryption_specification: { encryption_type: 'CUSTOMER_MANAGED_KMS_KEY', kms_key_identifier: 'arn:aws:kms:k' },
    warm_throughput: { read_units_per_second: '15000', write_units_per_second: '6000' },
    cdc_specification: { view_type: 'keys_only' },
  });
  expect(settings).toEqual({
    capacity: { mode: 'PROVISIONED', readUnits: 10, writeUnits: 20 },
    clientSideTimestamps: true,
    ttl: true,
    pointInTimeRecovery: false,
    encryption: { type: 'CUSTOMER_MANAGED_KMS_KEY', kmsKeyIdentifier: 'arn:aws:kms:k' },
    warmThroughput: { readUnitsPerSecond: 15_000, writeUnitsPerSecond: 6_000 },
    cdc: { viewType: 'KEYS_ONLY' },
  });
});

test.each([
  ['a property nobody knows', { colour: { status: 'enabled' } }],
  ['no map', 'enabled'],
  ['a property that is no map', { ttl: 'enabled' }],
  ['a status that is none', { ttl: { status: 'perhaps' } }],
  ['a mode that is none', { capacity_mode: { throughput_mode: 'FREE' } }],
  ['what every object has', { toString: {} }],
])('%s is refused', (_, properties) => {
  expect(() => settingsOfProperties(properties)).toThrow(expect.objectContaining({ refusal: 'ValidationException' }));
});

test('a table shows its properties in the words it was given them', async () => {
  const { state, withTable } = aState();
  const given = {
    capacity_mode: { throughput_mode: 'PROVISIONED', read_capacity_units: '10', write_capacity_units: '20' },
    client_side_timestamps: { status: 'enabled' },
    ttl: { status: 'enabled' },
    point_in_time_recovery: { status: 'enabled' },
    encryption_specification: { encryption_type: 'CUSTOMER_MANAGED_KMS_KEY', kms_key_identifier: 'arn:aws:kms:k' },
    warm_throughput: { read_units_per_second: '15000', write_units_per_second: '6000' },
  };
  await withTable(settingsOfProperties(given));
  expect(propertiesOf(state.table('shop', 'orders')!)).toEqual(given);
});

test('an on-demand table says since when', async () => {
  const { state, withTable } = aState();
  await withTable();
  const table = state.table('shop', 'orders')!;
  expect(propertiesOf(table)).toMatchObject({
    capacity_mode: {
      throughput_mode: 'PAY_PER_REQUEST',
      last_update_to_pay_per_request_timestamp: `${table.createdAtMs}`,
    },
    point_in_time_recovery: { status: 'disabled' },
  });
});
