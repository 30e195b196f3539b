import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { PulsarAdmin } from '../../../src/wire/pulsar/admin.ts';
import { connectPulsar, oauth2Token } from '../../../src/wire/pulsar/connect-pulsar.ts';
import type { Consumer, PulsarClient, PulsarConnectOptions, SubscriptionType } from '../../../src/wire/pulsar/types.ts';
import { numbered, receiveMany, sendAll, staysSilent, texts } from './broker-room.ts';
import { type SecuredBroker, startSecuredBroker } from './secured-broker.ts';

let broker: SecuredBroker;
let topics = 0;

beforeAll(async () => {
  broker = await startSecuredBroker();
});
afterAll(() => broker?.stop());

describe('who may come', () => {
  test('a token opens the broker, a wrong one and none do not', async () => {
    await roundTrip(await connected({ auth: { token: broker.tokenFor(60) } }));
    const refused = { code: 'AuthenticationError', isTransient: false };
    await expect(connected({ auth: { token: 'nonsense' } })).rejects.toMatchObject(refused);
    await expect(connected({})).rejects.toMatchObject(refused);
    await expect(connected({ auth: { token: broker.tokenFor(-60) } })).rejects.toMatchObject(refused);
  });

  test('a token that runs out is replaced when the broker asks, and nobody is disconnected', async () => {
    const reasons: boolean[] = [];
    const token = ({ isChallenge }: { isChallenge: boolean }) => {
      reasons.push(isChallenge);
      return broker.tokenFor(isChallenge ? 3_600 : 2);
    };
    const client = await connected({ auth: { token } });
    const topic = await aTopic();
    const states: boolean[] = [];
    const producer = await client.producer({ topic, onConnection: (isConnected) => states.push(isConnected) });
    await sleep(5_000);
    await sendAll(producer, ['still here']);
    expect(states).toEqual([true]);
    expect(reasons).toContain(true);
  });

  test('OAuth2: the broker is opened by what an issuer signs, also after the first token has run out', async () => {
    const issued: number[] = [];
    const issuerUrl = await anIssuer(() => {
      issued.push(Date.now());
      return { access_token: broker.tokenFor(2), expires_in: 2 };
    });
    const token = oauth2Token({ issuerUrl, credentials: { clientId: 'c', clientSecret: 's' } });
    const client = await connected({ auth: { token } });
    const producer = await client.producer({ topic: await aTopic() });
    for (let second = 0; second < 6; second++) {
      await sendAll(producer, [String(second)]);
      await sleep(1_000);
    }
    expect(issued.length).toBeGreaterThan(1);
  });

  test('with TLS the broker is given our certificate, and lets nobody in without one', async () => {
    const { ca, client } = broker;
    const tls = { ca, cert: client.cert, key: client.key };
    await roundTrip(await connected({ serviceUrl: broker.tlsServiceUrl, tls }));
    const without = connected({ serviceUrl: broker.tlsServiceUrl, tls: { ca }, auth: { token: broker.tokenFor(60) } });
    await expect(without).rejects.toMatchObject({ name: 'PulsarError' });
  });

  test('a certificate and a token together: the token says who we are', async () => {
    const { ca, client } = broker;
    const tls = { ca, cert: client.cert, key: client.key };
    const options = { serviceUrl: broker.tlsServiceUrl, tls };
    await roundTrip(await connected({ ...options, auth: { token: broker.tokenFor(60) } }));
    const wrong = connected({ ...options, auth: { token: 'nonsense' } });
    await expect(wrong).rejects.toMatchObject({ code: 'AuthenticationError' });
  });
});

describe('who may administer', () => {
  test('over TLS whoever has a certificate of the authority', async () => {
    const { ca, client, tlsAdminUrl: adminUrl } = broker;
    const { cert, key } = client;
    const admin = new PulsarAdmin({ adminUrl, tls: { ca, cert, key } });
    const topic = await aTopic();
    expect(await admin.topics('public/default')).toContain(topic);
    const without = new PulsarAdmin({ adminUrl, tls: { ca }, auth: { token: broker.tokenFor(60) } });
    await expect(without.topics('public/default')).rejects.toMatchObject({ status: 0 });
  });

  test('in the clear whoever has a token, also after it has run out and been replaced', async () => {
    const { adminUrl } = broker;
    const token = ({ isChallenge }: { isChallenge: boolean }) => broker.tokenFor(isChallenge ? 60 : -60);
    const topic = await aTopic();
    expect(await new PulsarAdmin({ adminUrl, auth: { token } }).topics('public/default')).toContain(topic);
    const stale = new PulsarAdmin({ adminUrl, auth: { token: broker.tokenFor(-60) } });
    await expect(stale.topics('public/default')).rejects.toMatchObject({ status: 401, isTransient: false });
  });
});

describe('single messages of a batch', () => {
  test.each(['Shared', 'Exclusive'] as const)('only what was not acknowledged comes again (%s)', async (type) => {
    const { client, topic } = await aBatchOfTen();
    const consumer = await aConsumer(client, topic, type);
    const received = await receiveMany(consumer, 10);
    await Promise.all([0, 3, 4, 9].map((index) => consumer.ack(received[index]!.id)));
    await consumer.close();
    const again = await aConsumer(client, topic, type);
    const rest = await receiveMany(again, 6);
    expect(texts(rest)).toEqual(['2', '3', '6', '7', '8', '9']);
    await Promise.all(rest.map(({ id }) => again.ack(id)));
    expect(await backlogOf(topic)).toBe(0);
  });

  test('up to the middle of a batch, the rest of it comes again', async () => {
    const { client, topic } = await aBatchDoneUpToItsSeventh();
    const again = await aConsumer(client, topic, 'Exclusive');
    expect(texts(await receiveMany(again, 3))).toEqual(['8', '9', '10']);
    expect(await staysSilent(again)).toBe(true);
  });

  test('what is done of a batch that comes again uses no permits', async () => {
    const { client, topic } = await aBatchDoneUpToItsSeventh();
    const options = { topic, subscription: 's', type: 'Exclusive', batchIndexAcks: true, receiveQueue: 1 } as const;
    const again = await client.consumer(options);
    expect(texts(await receiveMany(again, 3))).toEqual(['8', '9', '10']);
    expect(await staysSilent(again)).toBe(true);
    expect(await permitsOn(topic)).toBe(1);
  });

  test('a nack of one brings that one, not those that are done', async () => {
    const { client, topic } = await aBatchOfTen();
    const consumer = await aConsumer(client, topic, 'Shared');
    const received = await receiveMany(consumer, 10);
    await Promise.all(received.slice(1).map(({ id }) => consumer.ack(id)));
    consumer.nack(received[0]!.id, 20);
    const again = await receiveMany(consumer, 1);
    expect(texts(again)).toEqual(['1']);
    await consumer.ack(again[0]!.id);
    expect(await backlogOf(topic)).toBe(0);
  });

  test('without being asked to, the client tells whole entries only', async () => {
    const { client, topic } = await aBatchOfTen();
    const consumer = await aConsumer(client, topic, 'Shared', false);
    const received = await receiveMany(consumer, 10);
    await Promise.all(received.slice(1).map(({ id }) => consumer.ack(id)));
    await consumer.close();
    expect(texts(await receiveMany(await aConsumer(client, topic, 'Shared', false), 10))).toEqual(numbered(1, 10));
  });
});

async function connected(options: Partial<PulsarConnectOptions>): Promise<PulsarClient> {
  const client = await connectPulsar({ serviceUrl: broker.serviceUrl, ...options });
  onTestFinished(() => client.close());
  return client;
}

async function roundTrip(client: PulsarClient): Promise<void> {
  const topic = await aTopic();
  const producer = await client.producer({ topic });
  await sendAll(producer, ['1', '2']);
  expect(texts(await receiveMany(await client.reader({ topic, start: 'earliest' }), 2))).toEqual(['1', '2']);
}

async function aTopic(): Promise<string> {
  const topic = `persistent://public/default/secured-${++topics}`;
  await broker.admin.createTopic(topic);
  return topic;
}

async function aBatchOfTen() {
  const client = await connected({ auth: { token: broker.tokenFor(600) } });
  const topic = await aTopic();
  const producer = await client.producer({ topic, batching: { maxMessages: 100, maxBytes: 100_000, maxDelayMs: 0 } });
  await sendAll(producer, numbered(1, 10));
  return { client, topic };
}

async function aBatchDoneUpToItsSeventh() {
  const { client, topic } = await aBatchOfTen();
  const consumer = await aConsumer(client, topic, 'Exclusive');
  const received = await receiveMany(consumer, 10);
  await consumer.ackCumulative(received[6]!.id);
  await consumer.close();
  return { client, topic };
}

function aConsumer(
  client: PulsarClient,
  topic: string,
  type: SubscriptionType,
  batchIndexAcks = true,
): Promise<Consumer> {
  return client.consumer({ topic, subscription: 's', type, initialPosition: 'earliest', batchIndexAcks });
}

async function backlogOf(topic: string): Promise<number> {
  return (await broker.admin.topicStats(topic)).subscriptions.s!.backlogEntries;
}

async function permitsOn(topic: string): Promise<number> {
  const headers = { authorization: `Bearer ${broker.tokenFor(60)}` };
  const answer = await fetch(`${broker.adminUrl}/admin/v2/${topic.replace('://', '/')}/stats`, { headers });
  type Stats = { subscriptions: { s: { consumers: { availablePermits: number }[] } } };
  return ((await answer.json()) as Stats).subscriptions.s.consumers[0]!.availablePermits;
}

async function anIssuer(issue: () => object): Promise<string> {
  const server = createServer((request, response) => {
    const isDiscovery = request.url === '/.well-known/openid-configuration';
    response.end(JSON.stringify(isDiscovery ? { token_endpoint: `${url}/token` } : issue()));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return url;
}
