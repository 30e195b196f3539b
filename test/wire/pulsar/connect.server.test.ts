import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { expect, inject, onTestFinished, test } from 'vitest';
import { findJava } from '../../../src/sandbox/find-java.ts';
import { connectPulsar } from '../../../src/wire/pulsar/connect-pulsar.ts';
import type { PulsarConnectOptions } from '../../../src/wire/pulsar/types.ts';
import { aBrokerRoom, receiveMany, sendAll, texts } from './broker-room.ts';
import { aByteProxy } from './byte-proxy.ts';
import { aFrontBroker } from './front-broker.ts';
import { anAuthority } from './own-certificates.ts';

const room = aBrokerRoom();

test('with TLS the certificate is checked against the given authority', async () => {
  const { ca, ...certificate } = await aCertificate('localhost');
  const proxy = await aByteProxy(broker(), certificate);
  const serviceUrl = `pulsar+ssl://${proxy.host}`;
  const client = await connected({ serviceUrl, tls: { ca, serverName: 'localhost' } });
  expect(await client.partitionCount(await room.topic())).toBe(0);
  const refused = { name: 'PulsarError', code: 'TlsError', isTransient: false };
  await expect(connectPulsar({ serviceUrl })).rejects.toMatchObject(refused);
  await expect(connectPulsar({ serviceUrl, tls: { ca, serverName: 'elsewhere' } })).rejects.toMatchObject(refused);
});

test('with TLS the other end is given our certificate, when it asks for one', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'cdcmig-cert-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const authority = await anAuthority(dir);
  const [server, client] = [await authority.sign('broker'), await authority.sign('client')];
  const { ca } = authority;
  const demanding = { cert: server.cert, key: server.key, ca, requestCert: true, rejectUnauthorized: true };
  const proxy = await aByteProxy(broker(), demanding);
  const serviceUrl = `pulsar+ssl://${proxy.host}`;
  const admitted = await connected({ serviceUrl, tls: { ca, cert: client.cert, key: client.key } });
  expect(await admitted.partitionCount(await room.topic())).toBe(0);
  const [login] = proxy.commands.flatMap(({ connect }) => (connect ? [connect] : []));
  expect(login!.authMethodName).toBe('tls');
  await expect(connectPulsar({ serviceUrl, tls: { ca } })).rejects.toMatchObject({ name: 'PulsarError' });
});

test('a lookup that names another broker is followed there', async () => {
  const { host, port } = broker();
  const front = await aFrontBroker({ brokerUrl: `pulsar://${host}:${port}`, response: 0, isAuthoritative: true });
  const client = await connected({ serviceUrl: front.serviceUrl });
  const topic = await room.topic();
  const producer = await client.producer({ topic });
  await sendAll(producer, ['1']);
  expect(texts(await receiveMany(await client.reader({ topic, start: 'earliest' }), 1))).toEqual(['1']);
});

test('a lookup that says "through me" is answered by a connection for that broker, through the same address', async () => {
  const { host, port } = broker();
  const front = await aFrontBroker({ brokerUrl: `pulsar://${host}:${port}`, response: 1, isThroughProxy: true });
  const client = await connected({ serviceUrl: front.serviceUrl });
  const topic = await room.topic();
  const producer = await client.producer({ topic });
  await sendAll(producer, ['1']);
  expect(front.wantedBrokers).toEqual([`${host}:${port}`]);
});

test('lookups that lead in a circle end', async () => {
  const answer = { brokerUrl: '', response: 0 };
  const front = await aFrontBroker(answer);
  answer.brokerUrl = front.serviceUrl;
  const client = await connected({ serviceUrl: front.serviceUrl });
  const topic = await room.topic();
  const reading = client.schema(topic);
  await expect(reading).rejects.toMatchObject({ code: 'ServiceNotReady', isTransient: true });
});

test('who asked for TLS is not moved to an address in the clear', async () => {
  const { ca, ...certificate } = await aCertificate('localhost');
  const proxy = await aByteProxy(broker(), certificate);
  const client = await connected({ serviceUrl: `pulsar+ssl://${proxy.host}`, tls: { ca, serverName: 'localhost' } });
  const opening = client.producer({ topic: await room.topic() });
  await expect(opening).rejects.toMatchObject({ code: 'ServiceNotReady' });
});

test('the token is asked for and sent at every connection', async () => {
  const proxy = await aByteProxy(broker());
  let asked = 0;
  const token = () => `token ${++asked}`;
  const topic = await room.topic();
  const client = await connected({ serviceUrl: `pulsar://${proxy.host}`, auth: { token } });
  await client.partitionCount(topic);
  proxy.cutAll();
  await expect.poll(() => client.partitionCount(topic).catch(() => null)).toBe(0);
  const logins = proxy.commands.flatMap(({ connect }) => (connect ? [connect] : []));
  expect(logins.map(({ authMethodName }) => authMethodName)).toEqual(['token', 'token']);
  expect(logins.map(({ authData }) => authData?.toString())).toEqual(['token 1', 'token 2']);
});

test('when one address does not answer the next one is used', async () => {
  const { host, port } = broker();
  const client = await connected({ serviceUrl: `pulsar://127.0.0.1:9,${host}:${port}` });
  expect(await client.partitionCount(await room.topic())).toBe(0);
});

test('no broker is a transient error, and comes at once', async () => {
  await expect(connectPulsar({ serviceUrl: 'pulsar://127.0.0.1:9' })).rejects.toMatchObject({
    name: 'PulsarError',
    code: 'Disconnected',
    isTransient: true,
  });
});

test('a signal ends connecting', async () => {
  const signal = AbortSignal.abort(new Error('enough'));
  await expect(connectPulsar({ ...inject('sandbox').pulsar, signal })).rejects.toThrow('enough');
});

test('a closed client opens nothing more', async () => {
  const client = await room.connect();
  await client.close();
  await expect(client.producer({ topic: await room.topic() })).rejects.toMatchObject({ code: 'Closed' });
});

function broker() {
  const { address, brokerPort } = inject('sandbox').pulsar;
  return { host: address, port: brokerPort };
}

async function connected(options: PulsarConnectOptions) {
  const client = await connectPulsar(options);
  onTestFinished(() => client.close());
  return client;
}

/** Made by the JDK that runs the broker, valid for a day. */
async function aCertificate(name: string) {
  const dir = mkdtempSync(join(tmpdir(), 'cdcmig-cert-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const java = (await findJava()).command;
  const keytool = java.includes('/') ? join(dirname(java), 'keytool') : 'keytool';
  const run = (...args: string[]) => promisify(execFile)(keytool, args);
  const store = ['-keystore', join(dir, 'store.p12'), '-storetype', 'PKCS12', '-storepass', 'changeit', '-alias', 'a'];
  await run(
    '-genkeypair',
    '-keyalg',
    'EC',
    '-dname',
    `CN=${name}`,
    '-ext',
    `san=dns:${name}`,
    '-validity',
    '1',
    ...store,
  );
  await run('-exportcert', '-rfc', '-file', join(dir, 'ca.pem'), ...store);
  return { pfx: readFileSync(join(dir, 'store.p12')), passphrase: 'changeit', ca: readFileSync(join(dir, 'ca.pem')) };
}
