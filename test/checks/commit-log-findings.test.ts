import { describe, expect, test } from 'vitest';
import { commitLogFindings } from '../../src/checks/commit-log-findings.ts';
import type { NodeSettings } from '../../src/ports/source-cluster.ts';

/** A node as it comes, and in cdc mode as it must be. */
function aNode(part: Partial<NodeSettings> = {}): NodeSettings {
  return {
    hostId: 'h1',
    cdcEnabled: true,
    cdcTotalBytes: 2 ** 32,
    cdcBlocksWrites: true,
    isCommitLogEncrypted: false,
    commitLogCompression: 'none',
    commitLogAccess: 'mmap',
    commitLogDirectory: undefined,
    cdcRawDirectory: undefined,
    pendingHints: 0,
    pendingBatches: 0,
    clockSkewMicros: 0n,
    ...part,
  };
}

const commitlog = { mode: 'commitlog', visibilityDelayMs: 1_000 } as const;
const cdc = { ...commitlog, mode: 'cdc' } as const;

describe('a commit log', () => {
  test.each([commitlog, cdc])('that is plain and complete is fine in $mode mode', (capture) => {
    expect(commitLogFindings([aNode(), aNode({ hostId: 'h2' })], capture)).toEqual([]);
  });

  test.each([commitlog, cdc])('that is encrypted is a fault of that node in $mode mode', (capture) => {
    const findings = commitLogFindings([aNode(), aNode({ hostId: 'h2', isCommitLogEncrypted: true })], capture);
    expect(findings).toMatchObject([{ severity: 'fault', expected: expect.stringContaining('h2') }]);
    expect(findings[0]!.found).toContain('encrypted');
  });

  test.each([{ commitLogCompression: 'LZ4Compressor' }, { commitLogAccess: 'direct' }])(
    'that shows a write at the next sync only needs watermarks that wait for it: %o',
    (part) => {
      const [finding, ...more] = commitLogFindings([aNode(part)], commitlog);
      expect(more).toEqual([]);
      expect(finding).toMatchObject({ severity: 'fault', next: 'set capture.visibilityDelayMs: 12000' });
      expect(commitLogFindings([aNode(part)], { ...commitlog, visibilityDelayMs: 12_000 })).toEqual([]);
    },
  );

  test('of a node without cdc is a fault in cdc mode alone', () => {
    expect(commitLogFindings([aNode({ cdcEnabled: false })], commitlog)).toEqual([]);
    expect(commitLogFindings([aNode({ cdcEnabled: false })], cdc)).toMatchObject([
      { severity: 'fault', expected: 'cdc_enabled: true on node h1' },
    ]);
  });

  test('of a node that drops segments instead of rejecting writes is a warning in cdc mode alone', () => {
    expect(commitLogFindings([aNode({ cdcBlocksWrites: false })], commitlog)).toEqual([]);
    expect(commitLogFindings([aNode({ cdcBlocksWrites: false })], cdc)).toMatchObject([
      { severity: 'warning', found: expect.stringContaining('deletes its oldest segments') },
    ]);
  });
});
