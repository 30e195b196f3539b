import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { AgentPosition } from '../../src/capture/agent-position.ts';
import { positionPath, readPosition, writePosition } from '../../src/capture/position-file.ts';
import { OperatorError } from '../../src/errors.ts';
import { captureHole } from '../../src/model/capture-hole.ts';

const aHole = captureHole({
  node: 'node-1',
  fromSegment: 1_795_239_578_720n,
  toSegment: 1_795_239_578_722n,
  fromMicros: 1_795_239_578_000_000n,
  toMicros: 1_795_239_579_000_000n,
  tableIds: ['ab'],
  reason: 'released',
});

const position: AgentPosition = {
  node: 'node-1',
  beganAt: 1_795_239_578_730n,
  finishedUpTo: 1_795_239_578_731n,
  newest: { id: 1_795_239_578_734n, seenAtMs: 1_795_239_600_000 },
  places: new Map([
    [1_795_239_578_732n, { fileOffset: 4_096, logicalOffset: 9_000 }],
    [1_795_239_578_733n, { fileOffset: 20, logicalOffset: 20 }],
  ]),
  expected: [
    { id: 1_795_239_578_732n, sinceMs: 1_795_239_590_000, hasChanges: true },
    { id: 1_795_239_578_733n, sinceMs: 1_795_239_590_001, hasChanges: false },
  ],
  owedHoles: [
    { ...aHole, tableIds: undefined },
    { ...aHole, position: 4_711 },
  ],
  owedMarks: ['canary-1'],
  unbrokenSinceMicros: 1_795_239_578_000_000n,
  claimedMicros: 1_795_239_599_000_001n,
};

function aFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'cdcmig-position-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

test('a position is read as it was written', async () => {
  const folder = aFolder();
  await writePosition(folder, { ...position, newest: undefined });
  await writePosition(folder, position);
  expect(await readPosition(folder, 'node-1')).toEqual(position);
});

test('a folder without a position has none', async () => {
  expect(await readPosition(aFolder(), 'node-1')).toBeUndefined();
});

test("another node's position is refused", async () => {
  const folder = aFolder();
  await writePosition(folder, position);
  await expect(readPosition(folder, 'node-2')).rejects.toThrow(/of node node-2; found it is of node node-1/);
});

test('a position that is cut is refused, never taken for none', async () => {
  const folder = aFolder();
  await writePosition(folder, position);
  writeFileSync(positionPath(folder), '{"node":"node-1","finished');
  await expect(readPosition(folder, 'node-1')).rejects.toBeInstanceOf(OperatorError);
});

test('a position that was saved before holes were booked is read', async () => {
  const folder = aFolder();
  await writePosition(folder, position);
  const { expected, owedHoles, ...old } = JSON.parse(readFileSync(positionPath(folder), 'utf8'));
  writeFileSync(positionPath(folder), JSON.stringify(old));
  expect([expected.length, owedHoles.length]).toEqual([2, 2]);
  expect(await readPosition(folder, 'node-1')).toEqual({ ...position, expected: [], owedHoles: [] });
});
