import { X509Certificate } from 'node:crypto';
import { expect, test } from 'vitest';
import { amazonRoots } from '../../../src/adapters/keyspaces/amazon-roots.ts';

test('the roots are the five of Amazon Trust Services and Starfield, each signed by itself and still valid', () => {
  const certificates = amazonRoots.map((pem) => new X509Certificate(pem));
  expect(certificates.map(({ subject }) => subject.split('\n').at(-1))).toEqual([
    'CN=Amazon Root CA 1',
    'CN=Amazon Root CA 2',
    'CN=Amazon Root CA 3',
    'CN=Amazon Root CA 4',
    'OU=Starfield Class 2 Certification Authority',
  ]);
  for (const certificate of certificates) {
    expect(certificate.verify(certificate.publicKey), certificate.subject).toBe(true);
    expect(Date.parse(certificate.validTo), certificate.subject).toBeGreaterThan(Date.parse('2030-01-01'));
  }
  // Published by Amazon at www.amazontrust.com/repository.
  expect(certificates[0]!.fingerprint256.replaceAll(':', '')).toBe(
    '8ECDE6884F3D87B1125BA31AC3FCB13D7016DE7F57CC904FE1CB97C6AE98196E',
  );
});
