import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { isIP } from 'node:net';
import { bitString, ia5, integer, octets, oid, sequence, set, tagged, time, utf8 } from './der.ts';

interface Certificate {
  readonly pem: string;
  readonly key: KeyObject;
  readonly keyPem: string;
}

export interface CertificatePair {
  /** What clients trust. */
  readonly authority: Certificate;
  readonly server: Certificate;
}

const days = 24 * 3600_000;
const validDays = 3650;
const authorityName = 'cdcmig Keyspaces stand-in CA';

/** A certificate authority of its own and a server certificate for these names and addresses, both for ten years. */
export function makeCertificates(hosts: readonly string[], now: Date): CertificatePair {
  const authorityKeys = newKeys();
  const authority = issue({ subject: authorityName, keys: authorityKeys, signer: authorityKeys.privateKey, now }, [
    extension('2.5.29.19', true, sequence(Buffer.from([0x01, 0x01, 0xff]))),
    extension('2.5.29.15', true, bitString(Buffer.from([0x06]), 1)),
  ]);
  const keys = newKeys();
  const server = issue({ subject: hosts[0]!, keys, signer: authorityKeys.privateKey, now }, [
    extension('2.5.29.19', true, sequence()),
    extension('2.5.29.37', false, sequence(oid('1.3.6.1.5.5.7.3.1'))),
    extension('2.5.29.17', false, sequence(...hosts.map(alternativeName))),
  ]);
  return { authority, server };
}

interface Keys {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

function newKeys(): Keys {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' });
}

interface Order {
  readonly subject: string;
  readonly keys: Keys;
  readonly signer: KeyObject;
  readonly now: Date;
}

const ecdsaWithSha256 = sequence(oid('1.2.840.10045.4.3.2'));

/** RFC 5280, section 4.1. */
function issue({ subject, keys, signer, now }: Order, extensions: readonly Buffer[]): Certificate {
  // A little in the past: clocks of client and server differ.
  const validity = sequence(time(new Date(now.getTime() - days)), time(new Date(now.getTime() + validDays * days)));
  const toBeSigned = sequence(
    tagged(0, integer(Buffer.from([2]))),
    integer(Buffer.concat([Buffer.from([1]), randomBytes(15)])),
    ecdsaWithSha256,
    commonName(authorityName),
    validity,
    commonName(subject),
    keys.publicKey.export({ type: 'spki', format: 'der' }),
    tagged(3, sequence(...extensions)),
  );
  const certificate = sequence(toBeSigned, ecdsaWithSha256, bitString(sign('sha256', toBeSigned, signer)));
  const keyPem = keys.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
  return { pem: pemOf(certificate), key: keys.privateKey, keyPem };
}

function commonName(name: string): Buffer {
  return sequence(set(sequence(oid('2.5.4.3'), utf8(name))));
}

function extension(id: string, isCritical: boolean, value: Buffer): Buffer {
  return sequence(oid(id), ...(isCritical ? [Buffer.from([0x01, 0x01, 0xff])] : []), octets(value));
}

/** A DNS name or an IPv4 address. */
function alternativeName(host: string): Buffer {
  return isIP(host) ? ia5(7, Buffer.from(host.split('.').map(Number))) : ia5(2, Buffer.from(host, 'latin1'));
}

function pemOf(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g)!;
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}
