import { expect, test } from 'vitest';
import { fullTopicName, partitionName, partitionOf } from '../../../src/wire/pulsar/topic-name.ts';

test('short topic names are completed', () => {
  expect(fullTopicName('t')).toBe('persistent://public/default/t');
  expect(fullTopicName('tenant/ns/t')).toBe('persistent://tenant/ns/t');
  expect(fullTopicName('non-persistent://tenant/ns/t')).toBe('non-persistent://tenant/ns/t');
});

test('a partition is known by the name of its topic', () => {
  expect(partitionName('t', 12)).toBe('persistent://public/default/t-partition-12');
  expect(partitionOf(partitionName('t', 12))).toBe(12);
  expect(partitionOf('persistent://public/default/t-partition-')).toBe(-1);
});
