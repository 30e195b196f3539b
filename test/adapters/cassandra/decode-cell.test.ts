import { describe, expect, it } from 'vitest';
import {
  decodeInet,
  decodeTextMap,
  decodeTextSet,
  decodeTimeUuidMicros,
  decodeUuid,
} from '../../../src/adapters/cassandra/decode-cell.ts';

const bytes = (hex: string) => Buffer.from(hex.replaceAll(' ', ''), 'hex');

describe('cells of system tables', () => {
  it('a time UUID tells its instant in microseconds', () => {
    // Version 1 UUID of 2021-01-01T00:00:00Z.
    expect(decodeTimeUuidMicros(bytes('4a784000 4bc4 11eb 8000 000000000000'))).toBe(1_609_459_200_000_000n);
  });

  it('a UUID is written with its dashes', () => {
    expect(decodeUuid(bytes('8e8b2f36bbed4d99816a942e19f2a455'))).toBe('8e8b2f36-bbed-4d99-816a-942e19f2a455');
  });

  it('addresses of both families are written as one connects to them', () => {
    expect(decodeInet(bytes('7f000001'))).toBe('127.0.0.1');
    expect(decodeInet(bytes('fe80 0000 0000 0000 0000 0000 0000 0001'))).toBe('fe80:0:0:0:0:0:0:1');
  });

  it('sets and maps of text come apart, and a missing set is empty', () => {
    expect(decodeTextSet(bytes('00000002 00000001 61 00000000'))).toEqual(['a', '']);
    expect(decodeTextSet(null)).toEqual([]);
    expect(decodeTextMap(bytes('00000001 00000001 6b 00000002 7631'))).toEqual({ k: 'v1' });
  });
});
