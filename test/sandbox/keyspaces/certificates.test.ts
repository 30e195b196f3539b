import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer } from 'node:tls';
import { describe, expect, test } from 'vitest';
import { makeCertificates } from '../../../src/sandbox/keyspaces/certificates.ts';

const hosts = ['cassandra.eu-west-1.amazonaws.com', 'localhost', '127.0.0.1'];
const now = new Date('2049-01-01T00:00:00Z');

describe('the certificates of a stand-in', () => {
  test('are one authority and a server that it vouches for', () => {
    const { authority, server } = makeCertificates(hosts, now);
    const [ca, leaf] = [new X509Certificate(authority.pem), new X509Certificate(server.pem)];
    expect([ca.ca, leaf.ca]).toEqual([true, false]);
    expect(leaf.verify(ca.publicKey)).toBe(true);
    expect(leaf.checkPrivateKey(server.key)).toBe(true);
    expect(leaf.checkIssued(ca)).toBe(true);
  });

  test('name every host and address, and no other', () => {
    const leaf = new X509Certificate(makeCertificates(hosts, now).server.pem);
    expect([leaf.checkHost(hosts[0]!), leaf.checkHost('localhost'), leaf.checkIP('127.0.0.1')]).not.toContain(
      undefined,
    );
    expect([leaf.checkHost('example.com'), leaf.checkIP('127.0.0.2')]).toEqual([undefined, undefined]);
  });

  test('are valid from yesterday for ten years, across the year 2050 where dates are written otherwise', () => {
    const leaf = new X509Certificate(makeCertificates(hosts, now).server.pem);
    expect(leaf.validFromDate.toISOString()).toBe('2048-12-31T00:00:00.000Z');
    expect(leaf.validToDate.toISOString()).toBe('2058-12-30T00:00:00.000Z');
  });

  test('pass the checks of a real TLS client that trusts the authority, and of no other', async () => {
    const { authority, server } = makeCertificates(hosts, new Date());
    const listening = createServer({ cert: server.pem, key: server.keyPem }, (socket) => socket.end()).listen(
      0,
      '127.0.0.1',
    );
    await once(listening, 'listening');
    const { port } = listening.address() as AddressInfo;
    const trusting = connect({ host: '127.0.0.1', port, ca: authority.pem });
    await once(trusting, 'secureConnect');
    expect(trusting.authorized).toBe(true);
    trusting.destroy();
    const doubting = connect({ host: '127.0.0.1', port });
    await expect(once(doubting, 'secureConnect')).rejects.toThrow(/unable to verify/);
    doubting.destroy();
    listening.close();
  });
});
