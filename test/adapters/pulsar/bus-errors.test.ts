import { expect, test } from 'vitest';
import { busFailure } from '../../../src/adapters/pulsar/bus-errors.ts';
import { readBacklog } from '../../../src/adapters/pulsar/topic-admin.ts';
import type { PulsarAdmin } from '../../../src/wire/pulsar/admin.ts';
import { PulsarError } from '../../../src/wire/pulsar/pulsar-error.ts';

const creates = 'cdcmig run --phase deploy-agent creates it';

test.each(['TopicNotFound', 'SubscriptionNotFound'] as const)('%s: the phase that creates it is named', (code) => {
  expect((busFailure('to read changes', new PulsarError(code, 'gone')) as Error).message).toContain(creates);
});

test('a subscription that is not there is asked of the phase that creates it', async () => {
  const admin = { partitionCount: async () => 0, topicStats: async () => ({ subscriptions: {} }) };
  await expect(readBacklog(admin as unknown as PulsarAdmin, 'changes', 'cdcmig-sink')).rejects.toThrow(creates);
});
