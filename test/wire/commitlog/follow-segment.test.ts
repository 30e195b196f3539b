import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CorruptSegmentError, UnsupportedSegmentError } from '../../../src/wire/commitlog/errors.ts';
import { followSegment, type MarkerPlace, type SegmentFollower } from '../../../src/wire/commitlog/follow-segment.ts';
import { parseIndexFile } from '../../../src/wire/commitlog/index-file.ts';
import { isOrdinaryEnd } from '../../../src/wire/commitlog/marker-chain.ts';
import { recordsOf } from '../../../src/wire/commitlog/records.ts';
import { type SegmentBytes, segmentBytesOf } from '../../../src/wire/commitlog/segment-bytes.ts';
import { loadRecording, readWhole, recordings } from './recorded-segment.ts';
import { buildSegment, type Compressor, recordBytes } from './segment-builder.ts';

const file = 'CommitLog-7-1795239578730.log';

/** Bodies that are told apart, of lengths that differ. */
function bodies(count: number, from = 0): readonly Buffer[] {
  return Array.from({ length: count }, (_, index) =>
    Buffer.from(`body number ${from + index} `.repeat(1 + (index % 40))),
  );
}

async function takeAll(follower: SegmentFollower): Promise<{ readonly texts: string[]; readonly end: string }> {
  const texts: string[] = [];
  for (;;) {
    const step = await follower.next();
    if (typeof step === 'string') return { texts, end: step };
    texts.push(...[...recordsOf(step)].map((record) => record.body.toString()));
  }
}

describe.each(recordings)('the segment recorded as %s', (name) => {
  it('ends, in logical positions, exactly where its index file says', async () => {
    const { content, fileName, indexText } = loadRecording(name);
    const { sections, records, end } = await readWhole(content, fileName);
    expect(isOrdinaryEnd(end as never)).toBe(true);
    expect(sections.at(-1)!.next.logicalOffset).toBe(parseIndexFile(indexText)!.offset);
    expect(sections.length).toBeGreaterThan(1);
    expect(records.length).toBeGreaterThan(800);
  });

  it('is read again from any of its markers with the same records at the same positions', async () => {
    const { content, fileName } = loadRecording(name);
    const { sections, records } = await readWhole(content, fileName);
    const { place } = sections[Math.floor(sections.length / 2)]!;
    const resumed = followSegment(segmentBytesOf(content), fileName, { from: place });
    const positions: number[] = [];
    for (let step = await resumed.next(); typeof step !== 'string'; step = await resumed.next()) {
      positions.push(...[...recordsOf(step)].map((record) => record.endPosition));
    }
    expect(positions).toEqual(
      records.map((record) => record.endPosition).filter((position) => position > place.logicalOffset),
    );
    expect(positions.length).toBeGreaterThan(10);
  });
});

describe.each<Compressor>(['LZ4Compressor', 'SnappyCompressor', 'DeflateCompressor', 'ZstdCompressor'])(
  'a segment compressed by %s',
  (compressor) => {
    it('gives its records, and positions that count plain bytes', async () => {
      const segment = buildSegment({ compressor });
      const first = bodies(30);
      const second = bodies(50, 30);
      segment.addSection(first);
      segment.addSection(second);
      const { sections, records } = await readWhole(segment.bytes(), file);
      expect(records.map((record) => record.body.toString())).toEqual([...first, ...second].map(String));
      const plainLength = [...first, ...second].reduce((sum, body) => sum + recordBytes(body).length, 0);
      expect(records.at(-1)!.endPosition).toBe(segment.headerLength + 8 + 8 + plainLength);
      expect(sections[0]!.next.fileOffset).not.toBe(sections[0]!.next.logicalOffset);
    });
  },
);

describe('a segment', () => {
  it('that is compressed by something unknown is refused by name', async () => {
    const segment = buildSegment({ params: { compressionClass: 'com.example.BrotliCompressor' } });
    segment.addSection(bodies(1));
    await expect(followSegment(segmentBytesOf(segment.bytes()), file).next()).rejects.toThrow(UnsupportedSegmentError);
    await expect(followSegment(segmentBytesOf(segment.bytes()), file).next()).rejects.toThrow('BrotliCompressor');
  });

  it('that was closed while empty ends with a section of no bytes', async () => {
    const segment = buildSegment({ compressor: 'LZ4Compressor' });
    segment.addSection([]);
    const { sections, records } = await readWhole(segment.bytes(), file);
    expect(sections.length).toBe(1);
    expect(records).toEqual([]);
  });

  it('has sections that end in padding', async () => {
    const segment = buildSegment();
    segment.addSection(bodies(2), { padding: 100 });
    segment.addSection(bodies(3, 2));
    const { records } = await readWhole(segment.bytes(), file);
    expect(records.map((record) => record.body.toString())).toEqual(bodies(2).concat(bodies(3, 2)).map(String));
  });

  it('tells damage from its ordinary end by the reason for which its chain stops', async () => {
    const segment = buildSegment();
    segment.addSection(bodies(2));
    const whole = segment.bytes();
    const atEnd = whole.length - 64;
    const withMarker = (next: number, checksum: number) => {
      const changed = Buffer.from(whole);
      changed.writeInt32BE(next, segment.headerLength);
      if (checksum !== 0) changed.writeUInt32BE(checksum, segment.headerLength + 4);
      return changed;
    };
    const endOf = async (content: Buffer) => (await takeAll(followSegment(segmentBytesOf(content), file))).end;
    expect(await endOf(whole)).toBe('unwritten');
    expect(await endOf(whole.subarray(0, atEnd))).toBe('endOfFile');
    expect(await endOf(withMarker(atEnd, 1))).toBe('badChecksum');
    expect(await endOf(withMarker(0, 0))).toBe('outOfRange');
    expect(await endOf(withMarker(whole.length + 1, 0))).toBe('outOfRange');
    expect(['unwritten', 'endOfFile', 'badChecksum', 'outOfRange'].map((end) => isOrdinaryEnd(end as never))).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  it('with a damaged record inside the chain names the file and the offset', async () => {
    const segment = buildSegment();
    segment.addSection(bodies(3));
    const content = segment.bytes();
    const secondRecord = segment.headerLength + 8 + recordBytes(bodies(3)[0]!).length;
    content[secondRecord + 12]! ^= 1;
    const section = await followSegment(segmentBytesOf(content), file).next();
    if (typeof section === 'string') throw new Error(section);
    const read: string[] = [];
    const readAll = () => {
      for (const record of recordsOf(section)) read.push(record.body.toString());
    };
    expect(readAll).toThrow(expect.objectContaining({ name: 'CorruptSegmentError', file, offset: secondRecord }));
    expect(read).toEqual([String(bodies(1)[0])]);
  });

  it('whose LZ4 block says another plain length than its section is corrupt', async () => {
    const segment = buildSegment({ compressor: 'LZ4Compressor' });
    segment.addSection(bodies(3));
    const content = segment.bytes();
    content[segment.headerLength + 12]! ^= 1;
    await expect(followSegment(segmentBytesOf(content), file).next()).rejects.toThrow('plain lengths differ');
  });

  it('that names a plain length beyond what its block can hold is corrupt and costs no memory', async () => {
    for (const compressor of ['LZ4Compressor', 'SnappyCompressor', 'DeflateCompressor', 'ZstdCompressor'] as const) {
      const segment = buildSegment({ compressor });
      segment.addSection(bodies(3));
      const content = segment.bytes();
      content.writeInt32BE(0x7fffffff, segment.headerLength + 8);
      await expect(followSegment(segmentBytesOf(content), file).next()).rejects.toThrow(CorruptSegmentError);
    }
  });
});

describe('a segment that a node is writing', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'segment-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  /** The file as a follower sees it. */
  async function openAsSource(path: string): Promise<SegmentBytes & AsyncDisposable> {
    const handle = await open(path, 'r');
    const read = async (offset: number, length: number) => {
      const { bytesRead, buffer } = await handle.read(Buffer.alloc(length), 0, length, offset);
      return buffer.subarray(0, bytesRead);
    };
    return {
      size: async () => (await handle.stat()).size,
      read,
      lend: async (offset, length, use) => use(await read(offset, length)),
      [Symbol.asyncDispose]: () => handle.close(),
    };
  }

  it('gives each record once and in order, and none past the marker chain, however its bytes come', async () => {
    const recording = loadRecording('v41');
    const whole = await readWhole(recording.content, recording.fileName);
    const path = join(folder, recording.fileName);
    await using node = await open(path, 'w');
    await node.truncate(recording.content.length);
    await using source = await openAsSource(path);
    const follower = followSegment(source, recording.fileName);
    const seen: number[] = [];
    const poll = async () => {
      for (let step = await follower.next(); typeof step !== 'string'; step = await follower.next()) {
        seen.push(...[...recordsOf(step)].map((record) => record.endPosition));
      }
    };
    await poll();
    expect(follower.header).toBeUndefined();
    // Like the node: the records first, in steps that end anywhere, the marker before them only when all are there.
    await node.write(recording.content, 0, whole.sections[0]!.place.fileOffset, 0);
    for (const section of whole.sections) {
      const start = section.place.fileOffset;
      const before = seen.length;
      for (let at = start + 8; at < section.next.fileOffset; at += 50_021) {
        await node.write(recording.content, at, Math.min(50_021, section.next.fileOffset - at), at);
        await poll();
      }
      expect(seen.length).toBe(before);
      // The two ints of a marker come one after the other.
      await node.write(recording.content, start, 4, start);
      await poll();
      expect(seen.length).toBe(before);
      await node.write(recording.content, start + 4, 4, start + 4);
      await poll();
      expect(seen.at(-1)).toBeLessThanOrEqual(section.next.logicalOffset);
    }
    expect(seen).toEqual(whole.records.map((record) => record.endPosition));
  });

  it('gives a compressed section only when all of it is in the file', async () => {
    const segment = buildSegment({ compressor: 'ZstdCompressor' });
    segment.addSection(bodies(20));
    const afterFirst = segment.bytes().length - 64;
    segment.addSection(bodies(20, 20));
    const content = segment.bytes().subarray(0, segment.bytes().length - 64);
    const path = join(folder, file);
    await using node = await open(path, 'w');
    await using source = await openAsSource(path);
    const follower = followSegment(source, file);
    const texts: string[] = [];
    for (let at = 0; at < content.length; at += 7) {
      await node.write(content, at, Math.min(7, content.length - at), at);
      const taken = await takeAll(follower);
      texts.push(...taken.texts);
      if (at + 7 < afterFirst) expect(texts).toEqual([]);
    }
    expect(texts).toEqual(bodies(40).map((_, index) => String(bodies(20, index < 20 ? 0 : 20)[index % 20])));
  });

  it('is gone on with from a saved place, without a record twice or missing', async () => {
    const segment = buildSegment();
    segment.addSection(bodies(5));
    const first = followSegment(segmentBytesOf(segment.bytes()), file);
    const before = await takeAll(first);
    const saved: MarkerPlace = first.place!;
    segment.addSection(bodies(5, 5));
    const after = await takeAll(followSegment(segmentBytesOf(segment.bytes()), file, { from: saved }));
    expect([...before.texts, ...after.texts]).toEqual([...bodies(5), ...bodies(5, 5)].map(String));
  });
});
