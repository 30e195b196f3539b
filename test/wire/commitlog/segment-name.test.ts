import { describe, expect, it } from 'vitest';
import { parseIndexFile } from '../../../src/wire/commitlog/index-file.ts';
import {
  compareSegments,
  indexFileName,
  parseSegmentName,
  segmentFileName,
} from '../../../src/wire/commitlog/segment-name.ts';

describe('the name of a segment file', () => {
  it('gives version and id, and is written back from them', () => {
    const name = parseSegmentName('CommitLog-7-1795239578730.log')!;
    expect(name).toEqual({ logVersion: 7, id: 1795239578730n });
    expect(segmentFileName(name)).toBe('CommitLog-7-1795239578730.log');
    expect(indexFileName(name)).toBe('CommitLog-7-1795239578730_cdc.idx');
  });

  it('is told from every other file of the folder', () => {
    for (const other of [
      'CommitLog-7-1795239578730_cdc.idx',
      'CommitLog-7-1.log.tmp',
      'x-CommitLog-7-1.log',
      'CommitLog-1.log',
    ]) {
      expect(parseSegmentName(other)).toBeUndefined();
    }
  });

  it('orders by id as a number where the order of the names is another', () => {
    const names = [
      'CommitLog-7-10.log',
      'CommitLog-8-9.log',
      'CommitLog-7-9007199254740993.log',
      'CommitLog-7-9007199254740992.log',
    ];
    const ids = names.map((name) => parseSegmentName(name)!).sort(compareSegments);
    expect(ids.map((name) => name.id)).toEqual([9n, 10n, 9007199254740992n, 9007199254740993n]);
  });
});

describe('the index file of a segment', () => {
  it('gives the offset, and whether the segment is completed', () => {
    expect(parseIndexFile('641623')).toEqual({ offset: 641623, isCompleted: false });
    expect(parseIndexFile('641623\nCOMPLETED')).toEqual({ offset: 641623, isCompleted: true });
  });

  it('gives nothing while it is empty or cut inside the second line', () => {
    const whole = '641623\nCOMPLETED';
    for (const cut of ['', ...Array.from({ length: 9 }, (_, index) => whole.slice(0, 7 + index))]) {
      expect(parseIndexFile(cut)).toBeUndefined();
    }
  });
});
