import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, test, vi } from 'vitest';
import { readPosition } from '../../src/capture/position-file.ts';
import { segmentFileName } from '../../src/wire/commitlog/segment-name.ts';
import { buildSegment } from '../wire/commitlog/segment-builder.ts';
import { aRecord, wantedTable } from './a-node-log.ts';
import { openCaptureWorld } from './capture-world.ts';
import { killableAgent } from './killable-agent.ts';

const firstId = 1_699_999_000_000n;
const mebibyte = 2 ** 20;

/** A compressed segment whose one section is as long as a node ever makes it, of small records, and does not get smaller. */
function largeSegment(id: bigint): { readonly content: Buffer; readonly end: number } {
  const segment = buildSegment({ id, compressor: 'LZ4Compressor' });
  const records = Array.from({ length: 150_000 }, (_, n) => aRecord(`${id} ${n} `.padEnd(180, 'x')));
  segment.addSection(records);
  const content = segment.bytes();
  expect(content.length).toBeGreaterThan(29 * mebibyte);
  return { content, end: content.length - 64 };
}

// Half a minute on a quiet machine.
const timeout = 240_000;

test('an agent that reads sections as large as a segment stays under 300 MB', { timeout }, async () => {
  const world = await openCaptureWorld(inject('sandbox'), 'large_sections', { ddl: [] });
  const directory = join(world.settings.folder, 'commitlog');
  mkdirSync(directory);
  const settings = { ...world.settings, commitLogDirectory: directory, wantedTableIds: [wantedTable] };
  const write = (id: bigint, content: Buffer) => {
    const file = segmentFileName({ logVersion: 7, id });
    writeFileSync(join(settings.folder, file), content);
    renameSync(join(settings.folder, file), join(directory, file));
  };
  write(firstId, buildSegment({ id: firstId }).bytes());
  const agent = killableAgent(settings);
  agent.start();
  const place = async (id: bigint) => (await readPosition(settings.folder, settings.node))?.places.get(id);
  await vi.waitFor(async () => expect(await place(firstId)).toBeDefined(), { timeout: 30_000 });
  const ids = [1n, 2n].map((n) => firstId + n);
  for (const id of ids) write(id, largeSegment(id).content);
  const { end } = largeSegment(ids[1]!);
  const isRead = async () => expect((await place(ids[1]!))?.fileOffset).toBe(end);
  await vi.waitFor(isRead, { timeout: 200_000, interval: 200 });
  process.stderr.write(`sections of 30 MiB: the agent took ${agent.peakMegabytes().toFixed(0)} MB at most\n`);
  expect(agent.peakMegabytes()).toBeLessThan(300);
  await agent.stop();
});
