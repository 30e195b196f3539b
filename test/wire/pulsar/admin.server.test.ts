import { randomUUID } from 'node:crypto';
import { expect, inject, onTestFinished, test } from 'vitest';
import { PulsarAdmin } from '../../../src/wire/pulsar/admin.ts';
import { PulsarAdminError } from '../../../src/wire/pulsar/admin-http.ts';
import { aBrokerRoom, numbered, receiveMany, sendAll, texts } from './broker-room.ts';

const room = aBrokerRoom();
const { admin } = room;

test('what is created twice is present the second time', async () => {
  const tenant = `t-${randomUUID()}`;
  expect(await admin.createTenant(tenant)).toBe('created');
  expect(await admin.createTenant(tenant)).toBe('present');
  const namespace = await aNamespace(tenant);
  expect(await admin.createNamespace(namespace)).toBe('present');
  const topic = `persistent://${namespace}/t`;
  expect(await admin.createTopic(topic)).toBe('created');
  expect(await admin.createTopic(topic)).toBe('present');
  expect(await admin.createSubscription(topic, 's')).toBe('created');
  expect(await admin.createSubscription(topic, 's')).toBe('present');
  expect(await admin.subscriptions(topic)).toEqual(['s']);
});

test('what is set on a namespace is read back', async () => {
  const namespace = await aNamespace();
  expect(await admin.retention(namespace)).toBeNull();
  expect(await admin.backlogQuota(namespace)).toBeNull();
  expect(await admin.messageTtlSeconds(namespace)).toBeNull();
  expect(await admin.allowsAutoTopicCreation(namespace)).toBeNull();

  const quota = { limitBytes: -1, policy: 'producer_request_hold' } as const;
  await admin.setBacklogQuota(namespace, quota);
  await admin.setRetention(namespace, { timeMinutes: -1, sizeMegabytes: -1 });
  await admin.setMessageTtlSeconds(namespace, 0);
  await admin.forbidAutoTopicCreation(namespace);

  expect(await admin.backlogQuota(namespace)).toEqual(quota);
  expect(await admin.retention(namespace)).toEqual({ timeMinutes: -1, sizeMegabytes: -1 });
  expect(await admin.messageTtlSeconds(namespace)).toBe(0);
  expect(await admin.allowsAutoTopicCreation(namespace)).toBe(false);
});

test('a subscription is created at the earliest message, on every partition', async () => {
  const topic = `persistent://${await aNamespace()}/t`;
  expect(await admin.createPartitionedTopic(topic, 3)).toBe('created');
  expect(await admin.createPartitionedTopic(topic, 4)).toBe('present');
  expect(await admin.partitionCount(topic)).toBe(3);
  const client = await room.connect();
  expect(await client.partitionCount(topic)).toBe(3);
  for (const partition of [0, 1, 2]) {
    const producer = await client.producer({ topic: `${topic}-partition-${partition}`, batching: false });
    await sendAll(producer, numbered(1, 2));
  }
  await admin.createSubscription(topic, 's');
  const stats = await admin.partitionedStats(topic);
  expect(stats.subscriptions.s!.backlogEntries).toBe(6);
  expect(Object.values(stats.partitions).map(({ subscriptions }) => subscriptions.s!.backlogEntries)).toEqual([
    2, 2, 2,
  ]);
  const consumer = await client.consumer({ topic: `${topic}-partition-1`, subscription: 's', type: 'Failover' });
  const received = await receiveMany(consumer, 2);
  expect(texts(received)).toEqual(['1', '2']);
  expect(received.map(({ id }) => id.partition)).toEqual([1, 1]);
});

test('the stats tell the exact backlog in entries and the age of its oldest', async () => {
  const topic = await room.topic();
  const client = await room.connect();
  await admin.createSubscription(topic, 's');
  expect((await admin.topicStats(topic)).subscriptions.s).toMatchObject({
    backlogEntries: 0,
    oldestBacklogPublishTimeMs: null,
    type: null,
  });
  const producer = await client.producer({ topic, batching: { maxMessages: 100, maxBytes: 10_000, maxDelayMs: 0 } });
  const began = Date.now();
  await sendAll(producer, numbered(1, 25));
  await sendAll(producer, ['26']);
  const subscription = (await admin.topicStats(topic)).subscriptions.s!;
  expect(subscription.backlogEntries).toBe(2);
  expect(subscription.backlogBytes).toBeGreaterThan(0);
  expect(subscription.oldestBacklogPublishTimeMs).toBeGreaterThanOrEqual(began);
  expect(subscription.oldestBacklogPublishTimeMs).toBeLessThanOrEqual(Date.now());
});

test('a topic in use is not deleted without force', async () => {
  const topic = await room.topic();
  const client = await room.connect();
  await client.producer({ topic });
  await expect(admin.deleteTopic(topic)).rejects.toMatchObject({ status: 412, isTransient: false });
  await admin.deleteTopic(topic, { isForced: true });
  await expect(admin.topicStats(topic)).rejects.toSatisfy(
    (error) => error instanceof PulsarAdminError && error.isNotFound,
  );
});

test('a producer whose topic was deleted ends, and does not make the topic again', async () => {
  const topic = await room.topic();
  const client = await room.connect();
  const producer = await client.producer({ topic });
  await admin.deleteTopic(topic, { isForced: true });
  await expect(producer.send({ payload: Buffer.from('x') })).rejects.toMatchObject({ code: 'TopicNotFound' });
  expect(await admin.topics('public/default')).not.toContain(topic);
});

test('the broker is healthy, and one that is not there is not', async () => {
  expect(await admin.isHealthy()).toBe(true);
  expect(await admin.brokerVersion()).toMatch(/^\d+\.\d+\.\d+/);
  expect(await new PulsarAdmin({ adminUrl: 'http://127.0.0.1:9' }).isHealthy()).toBe(false);
});

test('no answer is told apart from a refusal, and says what is wrong', async () => {
  const absent = new PulsarAdmin({ adminUrl: 'http://127.0.0.1:9' });
  await expect(absent.topics('public/default')).rejects.toMatchObject({ status: 0, isTransient: true });
  await expect(admin.retention('public/absent')).rejects.toThrow(
    'GET /admin/v2/namespaces/public/absent/retention: 404 (Namespace does not exist)',
  );
});

test('the adminUrl may end in a slash, and a signal ends a call', async () => {
  const slashed = new PulsarAdmin({ adminUrl: `${inject('sandbox').pulsar.adminUrl}/` });
  expect(await slashed.isHealthy()).toBe(true);
  await expect(slashed.topics('public/default', AbortSignal.abort())).rejects.toMatchObject({ name: 'AbortError' });
});

async function aNamespace(tenant = 'public'): Promise<string> {
  const namespace = `${tenant}/n-${randomUUID()}`;
  expect(await admin.createNamespace(namespace)).toBe('created');
  onTestFinished(() => admin.deleteNamespace(namespace, { isForced: true }).catch(() => {}));
  return namespace;
}
