import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, inject, it, onTestFinished } from 'vitest';
import { openPulsarBus } from '../../../src/adapters/pulsar/open-pulsar-bus.ts';
import { MessageTooBigError, OperatorError } from '../../../src/errors.ts';
import { PulsarAdmin } from '../../../src/wire/pulsar/admin.ts';
import { messageBusContract } from '../../ports/message-bus-contract.ts';
import { aTlsFront } from '../../support/tls-front.ts';
import { anAuthority } from '../../wire/pulsar/own-certificates.ts';

const tenant = 'cdcmig-tests';

function busOptions(namespace: string) {
  const { serviceUrl, adminUrl } = inject('sandbox').pulsar;
  return { serviceUrl, adminUrl, tenant, namespace, clientName: 'test' };
}

function admin(): PulsarAdmin {
  return new PulsarAdmin({ adminUrl: inject('sandbox').pulsar.adminUrl });
}

messageBusContract('openPulsarBus', async () => {
  const namespace = `bus-${randomUUID()}`;
  return {
    connect: () => openPulsarBus(busOptions(namespace)),
    close: () =>
      admin()
        .deleteNamespace(`${tenant}/${namespace}`, { isForced: true })
        .catch(() => {}),
  };
});

describe('openPulsarBus', () => {
  const namespace = `bus-${randomUUID()}`;

  afterAll(async () => {
    await admin()
      .deleteNamespace(`${tenant}/${namespace}`, { isForced: true })
      .catch(() => {});
  });

  it('a backlog of large messages waits at the broker: no more is fetched ahead than the bound', async () => {
    const bus = await openPulsarBus(busOptions(namespace));
    await bus.ensureNamespace();
    await bus.ensureTopic('large', 0);
    await bus.ensureSubscription('large', 'sink');
    const publisher = await bus.publisher('large', { isBatched: false });
    const half = Buffer.alloc(2 ** 19);
    await Promise.all(Array.from({ length: 40 }, () => publisher.publish({ payload: half })));

    const subscription = await bus.subscribe('large', 'sink', 'failover', { queueSize: 100, queueBytes: 2 ** 21 });
    const first = await subscription.receive();
    // Long enough for all twenty megabytes to come, were they asked for.
    await sleep(1_000);

    // What is polled without a pause in between had arrived before.
    let queued = 0;
    while (subscription.poll()) queued++;
    expect(queued).toBeGreaterThan(0);
    expect(queued * half.length).toBeLessThanOrEqual(2 ** 21);
    for (let more = queued + 1; more < 40; more++) await subscription.receive();
    await subscription.acknowledgeUpTo(first.position);
    await bus.close();
  });

  it('the namespace keeps everything and makes no topics, whatever it was set to before', async () => {
    const full = `${tenant}/${namespace}`;
    const bus = await openPulsarBus(busOptions(namespace));
    await bus.ensureNamespace();
    await admin().setBacklogQuota(full, { limitBytes: 10 * 2 ** 30, policy: 'consumer_backlog_eviction' });
    await admin().setRetention(full, { timeMinutes: 10_000_000, sizeMegabytes: 10_000_000 });
    await admin().setMessageTtlSeconds(full, 60);
    await bus.ensureNamespace();
    expect(await admin().retention(full)).toEqual({ timeMinutes: -1, sizeMegabytes: -1 });
    expect(await admin().backlogQuota(full)).toEqual({ limitBytes: -1, policy: 'producer_request_hold' });
    expect(await admin().messageTtlSeconds(full)).toBe(0);
    expect(await admin().allowsAutoTopicCreation(full)).toBe(false);
    await bus.close();
  });

  it('a retention that somebody cut is told by the description', async () => {
    const bus = await openPulsarBus(busOptions(namespace));
    await bus.ensureNamespace();
    await bus.ensureTopic('kept', 0);
    const full = `${tenant}/${namespace}`;
    await admin().setBacklogQuota(full, { limitBytes: 2 ** 20, policy: 'producer_request_hold' });
    await admin().setRetention(full, { timeMinutes: 60, sizeMegabytes: 100 });
    expect((await bus.describeTopic('kept'))?.isRetentionInfinite).toBe(false);
    await bus.ensureNamespace();
    expect((await bus.describeTopic('kept'))?.isRetentionInfinite).toBe(true);
    await bus.close();
  });

  it('a topic that is deleted under its publisher is lost, not made again', async () => {
    const bus = await openPulsarBus(busOptions(namespace));
    await bus.ensureNamespace();
    await bus.ensureTopic('doomed', 0);
    const publisher = await bus.publisher('doomed');
    await admin().deleteTopic(`persistent://${tenant}/${namespace}/doomed`, { isForced: true });
    await new Promise((resolve) => publisher.lost.addEventListener('abort', resolve));
    expect(publisher.lost.reason).toBeInstanceOf(OperatorError);
    expect(await bus.describeTopic('doomed')).toBeUndefined();
    await bus.close();
  });

  it('a message that no broker takes is refused as such, and those beside it are stored', async () => {
    const bus = await openPulsarBus(busOptions(namespace));
    await bus.ensureNamespace();
    await bus.ensureTopic('greatest', 0);
    const publisher = await bus.publisher('greatest');
    const sent = ['before', 'x'.repeat(6 * 2 ** 20), 'after'].map((text) =>
      publisher.publish({ payload: Buffer.from(text) }),
    );
    const [before, tooBig, after] = await Promise.allSettled(sent);
    expect([before!.status, after!.status]).toEqual(['fulfilled', 'fulfilled']);
    const { reason } = tooBig as PromiseRejectedResult;
    expect(reason).toBeInstanceOf(MessageTooBigError);
    expect(reason.refused.payload).toHaveLength(6 * 2 ** 20);
    expect(publisher.lost.aborted).toBe(false);
    await bus.close();
  });

  it('no broker at the service URL is told to the operator', async () => {
    const opening = openPulsarBus({ ...busOptions(namespace), serviceUrl: 'pulsar://127.0.0.1:1' });
    await expect(opening).rejects.toThrow(OperatorError);
    await expect(opening).rejects.toThrow(/pulsar:\/\/127\.0\.0\.1:1.*ECONNREFUSED.*service URL/);
  });

  it('no admin service at its URL is told to the operator', async () => {
    const bus = await openPulsarBus({ ...busOptions(namespace), adminUrl: 'http://127.0.0.1:1' });
    await expect(bus.describeTopic('kept')).rejects.toThrow(/no answer.*check the admin URL/);
    await bus.close();
  });

  it('the authority file serves for the brokers and for their admin service', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'cdcmig-cert-'));
    onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
    const authority = await anAuthority(dir);
    const { cert, key } = await authority.sign('pulsar');
    const { address: host, brokerPort, webPort } = inject('sandbox').pulsar;
    const secured = {
      ...busOptions(namespace),
      serviceUrl: `pulsar+ssl://${await aTlsFront({ host, port: brokerPort }, { cert, key })}`,
      adminUrl: `https://${await aTlsFront({ host, port: webPort }, { cert, key })}`,
    };
    const bus = await openPulsarBus({ ...secured, tlsCaFile: authority.caFile });
    onTestFinished(() => bus.close());
    await bus.ensureNamespace();
    await bus.ensureTopic('behind-tls', 0);
    expect(await bus.describeTopic('behind-tls')).toBeDefined();
    await expect(openPulsarBus(secured)).rejects.toThrow(
      /certificate.*check tlsCaFile and the host name in the service/s,
    );
  });

  it('a certificate of our own opens brokers that ask for one, and without it the door stays shut', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'cdcmig-cert-'));
    onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
    const authority = await anAuthority(dir);
    const { cert, key } = await authority.sign('pulsar');
    const client = await authority.sign('operator');
    const [tlsCertFile, tlsKeyFile] = [join(dir, 'operator.crt'), join(dir, 'operator.pem')];
    writeFileSync(tlsCertFile, client.cert);
    writeFileSync(tlsKeyFile, client.key);
    const { address: host, brokerPort } = inject('sandbox').pulsar;
    const demanding = { cert, key, ca: readFileSync(authority.caFile), requestCert: true, rejectUnauthorized: true };
    const serviceUrl = `pulsar+ssl://${await aTlsFront({ host, port: brokerPort }, demanding)}`;
    const secured = { ...busOptions(namespace), serviceUrl, tlsCaFile: authority.caFile };
    const bus = await openPulsarBus({ ...secured, tlsCertFile, tlsKeyFile });
    onTestFinished(() => bus.close());
    await expect(openPulsarBus(secured)).rejects.toThrow(OperatorError);
  });

  it('an admin service that the authority did not sign is told to the operator, at once', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'cdcmig-cert-'));
    onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
    const { cert, key } = await (await anAuthority(dir)).sign('pulsar');
    const { address: host, webPort } = inject('sandbox').pulsar;
    const adminUrl = `https://${await aTlsFront({ host, port: webPort }, { cert, key })}`;
    const bus = await openPulsarBus({ ...busOptions(namespace), adminUrl });
    onTestFinished(() => bus.close());
    await expect(bus.describeTopic('kept')).rejects.toThrow(/check tlsCaFile and the host name in the admin URL/);
  });

  it('an authority file that cannot be read is told to the operator', async () => {
    const opening = openPulsarBus({ ...busOptions(namespace), tlsCaFile: '/no/such/ca.pem' });
    await expect(opening).rejects.toThrow(/a PEM file at \/no\/such\/ca\.pem/);
  });
});
