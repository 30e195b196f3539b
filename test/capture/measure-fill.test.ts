import { linkSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { cdcFill, heldFill } from '../../src/capture/measure-fill.ts';

const endlessCap = Number.MAX_SAFE_INTEGER;

function aFolder(segments: readonly number[]) {
  const root = mkdtempSync(join(tmpdir(), 'cdcmig-fill-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const path = (id: number) => join(root, `CommitLog-7-${id}.log`);
  segments.forEach((size, id) => {
    writeFileSync(path(id), Buffer.alloc(size));
  });
  /** The node has the segment still. */
  const ofNode = (id: number) => linkSync(path(id), join(root, `node-${id}`));
  return { root, ofNode };
}

test('what the agent alone keeps counts against half of the free disk, where that is closer than the cap', async () => {
  const { root, ofNode } = aFolder([1_000, 2_000]);
  ofNode(0);
  expect(await heldFill(root, endlessCap)).toMatchObject({
    segments: 2,
    fill: { bytes: 2_000, limitedBy: 'free space' },
  });
  const { limitBytes } = (await heldFill(root, endlessCap)).fill;
  expect(limitBytes).toBeGreaterThan(2_000);
});

test('all that is held counts against the cap, where that is closer', async () => {
  const { root, ofNode } = aFolder([1_000, 2_000]);
  ofNode(0);
  expect((await heldFill(root, 4_000)).fill).toEqual({ bytes: 3_000, limitBytes: 4_000, limitedBy: 'folder cap' });
});

test('what the node keeps anyway costs no disk', async () => {
  const { root, ofNode } = aFolder([1_000]);
  ofNode(0);
  expect((await heldFill(root, endlessCap)).fill.limitedBy).toBe('folder cap');
});

test('cdc_raw is full when one more segment would not fit, index files counted', async () => {
  const { root } = aFolder([1_000, 1_000]);
  writeFileSync(join(root, 'CommitLog-7-0_cdc.idx'), '900\nCOMPLETED');
  expect(await cdcFill(root, 5_000)).toEqual({
    segments: 2,
    fill: { bytes: 2_013, limitBytes: 4_000, limitedBy: 'cdc_total_space' },
  });
});

test('where a node does not tell its limit, it is the one that Cassandra takes: at most four gibibytes', async () => {
  const { root } = aFolder([1_000]);
  const { limitBytes } = (await cdcFill(root, 0)).fill;
  expect(limitBytes).toBeGreaterThan(0);
  expect(limitBytes).toBeLessThanOrEqual(4 * 2 ** 30 - 1_000);
});
