import { describe, expect, it } from 'vitest';
import { CorruptSegmentError, UnsupportedSegmentError } from '../../../src/wire/commitlog/errors.ts';
import { followSegment } from '../../../src/wire/commitlog/follow-segment.ts';
import { segmentBytesOf } from '../../../src/wire/commitlog/segment-bytes.ts';
import { hasDataWithoutHeader, parseSegmentHeader } from '../../../src/wire/commitlog/segment-header.ts';
import { headerBytes, segmentId } from './segment-builder.ts';

const file = 'CommitLog-7-1795239578730.log';

describe('the header of a segment', () => {
  it.each([7, 8] as const)('is read in version %d', (version) => {
    const bytes = headerBytes(version, segmentId, '{}');
    expect(parseSegmentHeader(bytes, file)).toEqual({
      logVersion: version,
      id: segmentId,
      compressor: undefined,
      length: bytes.length,
    });
  });

  it('names the compressor without its package', () => {
    const params = '{"compressionClass":"org.apache.cassandra.io.compress.LZ4Compressor","compressionParameters":{}}';
    expect(parseSegmentHeader(headerBytes(7, segmentId, params), file)).toMatchObject({ compressor: 'LZ4Compressor' });
  });

  it.each([6, 9])('is refused in version %d, by name', (version) => {
    expect(() => parseSegmentHeader(headerBytes(version, segmentId, '{}'), file)).toThrow(UnsupportedSegmentError);
    expect(() => parseSegmentHeader(headerBytes(version, segmentId, '{}'), file)).toThrow(`version ${version}`);
  });

  it('is refused when the log is encrypted', () => {
    const params = '{"encCipher":"AES/CBC/PKCS5Padding","encKeyAlias":"testing:1","encIV":"00"}';
    expect(() => parseSegmentHeader(headerBytes(7, segmentId, params), file)).toThrow('encrypted');
  });

  it('is not there yet while the node has written only a part of it', () => {
    const whole = headerBytes(7, segmentId, '{}');
    for (let written = 0; written < whole.length - 3; written++) {
      const growing = Buffer.concat([whole.subarray(0, written), Buffer.alloc(whole.length - written)]);
      expect(parseSegmentHeader(growing, file)).toBe('notYet');
      expect(parseSegmentHeader(whole.subarray(0, written), file)).toBe('notYet');
    }
  });

  it('hides nothing of a mapped file while only a part of it is written, and all that stands behind it once it is lost', async () => {
    const whole = headerBytes(7, segmentId, '{}');
    const isHiding = (bytes: Buffer) => hasDataWithoutHeader(segmentBytesOf(bytes));
    for (let written = 0; written < whole.length - 3; written++) {
      const growing = Buffer.concat([whole.subarray(0, written), Buffer.alloc(200_000 - written)]);
      expect(await isHiding(growing)).toBe(false);
    }
    for (const at of [whole.length, 100_000, 199_999]) {
      const lost = Buffer.alloc(200_000);
      lost[at] = 1;
      expect(await isHiding(lost)).toBe(true);
    }
  });

  it('is corrupt when it fails its checksum', () => {
    const bytes = headerBytes(7, segmentId, '{}');
    bytes[8]! ^= 1;
    expect(() => parseSegmentHeader(bytes, file)).toThrow(CorruptSegmentError);
  });

  it('is corrupt when it names another segment than the file', async () => {
    const follower = followSegment(segmentBytesOf(headerBytes(7, segmentId, '{}')), file, {
      expectedId: segmentId + 1n,
    });
    await expect(follower.next()).rejects.toThrow(CorruptSegmentError);
  });
});
