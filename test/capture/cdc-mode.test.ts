import { existsSync, linkSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { aClock } from '../support/a-clock.ts';
import { aNodeLog, aRecord, foreignTable, type NodeLog } from './a-node-log.ts';
import { memoryBus } from './memory-bus.ts';
import { publishedKeys, startAgent } from './running-agent.ts';

const base = 1_699_999_000_000n;

/** A node's cdc_raw: each segment has a second link in the node's own log, and an index once it holds changes of cdc tables. */
function aCdcNode() {
  const log = aNodeLog({ mode: 'cdc' });
  const own = (id: bigint) => join(log.directory, '..', `own-${id}`);
  const index = (id: bigint, text: string) => writeFileSync(join(log.directory, `CommitLog-7-${id}_cdc.idx`), text);
  return {
    log,
    index,
    settings: log.settings,
    append(id: bigint, ...bodies: readonly Buffer[]) {
      log.append(id, ...bodies);
      if (!existsSync(own(id))) linkSync(join(log.directory, `CommitLog-7-${id}.log`), own(id));
    },
    flushed: (id: bigint) => rmSync(own(id)),
  };
}

async function following() {
  const node = aCdcNode();
  const memory = memoryBus();
  node.append(base, aRecord('before'));
  node.append(base + 1n);
  startAgent(node.settings, memory);
  await eventually(() => expect(memory.events('schema').length).toBeGreaterThan(0));
  return { ...node, memory };
}

function eventually(check: () => void): Promise<void> {
  return vi.waitFor(check, { timeout: 20_000, interval: 20 });
}

function files(log: NodeLog): readonly string[] {
  return readdirSync(log.directory).toSorted();
}

test('a completed segment is published, then deleted with its index', async () => {
  const { log, append, index, memory, settings } = await following();
  append(base, aRecord('a'));
  index(base, '100');
  append(base + 1n, aRecord('b'));
  index(base, '200\nCOMPLETED');
  await eventually(() => expect(files(log)).toEqual([`CommitLog-7-${base + 1n}.log`]));
  expect(publishedKeys(memory, settings).toSorted()).toEqual(['a', 'b']);
});

test('a segment without an index is left to the node, which misses it otherwise', async () => {
  const { log, append, index, memory, settings } = await following();
  append(base + 1n, aRecord('a'));
  append(base + 2n, aRecord('b'));
  index(base + 2n, '200\nCOMPLETED');
  append(base + 3n);
  await eventually(() => expect(files(log)).not.toContain(`CommitLog-7-${base + 2n}_cdc.idx`));
  expect(files(log)).toContain(`CommitLog-7-${base + 1n}.log`);
  expect(publishedKeys(memory, settings).toSorted()).toEqual(['a', 'b']);
});

test('a spare segment that a stopped node left behind is deleted once there is a newer one', async () => {
  const { log, append, flushed } = await following();
  flushed(base + 1n);
  append(base + 500n, aRecord('next start'));
  await eventually(() => expect(files(log)).not.toContain(`CommitLog-7-${base + 1n}.log`));
});

test('a finished segment that a restarting node links again is deleted again and not published twice', async () => {
  const { log, append, index, memory, settings } = await following();
  append(base, aRecord('a'));
  append(base + 1n, aRecord('b'));
  index(base, '200\nCOMPLETED');
  await eventually(() => expect(files(log)).toEqual([`CommitLog-7-${base + 1n}.log`]));
  append(base);
  index(base, '4194304\nCOMPLETED');
  await eventually(() => expect(files(log)).toEqual([`CommitLog-7-${base + 1n}.log`]));
  expect(publishedKeys(memory, settings).toSorted()).toEqual(['a', 'b']);
});

test('what lay in cdc_raw before the agent began is nobody’s to delete', async () => {
  const node = aCdcNode();
  const memory = memoryBus();
  node.append(base - 3n, aRecord('old'));
  node.index(base - 3n, '200\nCOMPLETED');
  node.append(base - 1n, aRecord('old'));
  node.append(base, aRecord('old'));
  node.append(base + 1n);
  startAgent(node.settings, memory, aClock());
  node.append(base, aRecord('a'));
  await eventually(() => expect(memory.events('schema').length).toBeGreaterThan(2));
  expect(existsSync(join(node.log.directory, `CommitLog-7-${base - 3n}.log`))).toBe(true);
  expect(publishedKeys(memory, node.settings)).not.toContain('old');
});

/** A node that may write its log past cdc_raw. */
function aNodeWithOwnLog() {
  const own = aNodeLog();
  const { log, ...node } = aCdcNode();
  const settings = { ...log.settings, commitLogDirectory: own.directory };
  const memory = memoryBus();
  node.append(base, aRecord('before'));
  node.append(base + 1n);
  return { ...node, log, own, settings, memory };
}

/** How many there were, once no more come: some may have been on their way. */
function noMoreClaimsOf(memory: ReturnType<typeof memoryBus>): Promise<number> {
  return vi.waitFor(
    async () => {
      const claimed = memory.events('schema').length;
      await new Promise((done) => setTimeout(done, 500));
      expect(memory.events('schema')).toHaveLength(claimed);
      return claimed;
    },
    { timeout: 20_000 },
  );
}

const isHole = ({ kind }: { readonly kind: string }) => kind === 'capture-hole';

test('what a node wrote while it ran without CDC is a hole once it is gone, and is claimed by nobody before', async () => {
  const { append, own, settings, memory } = aNodeWithOwnLog();
  const { reports } = startAgent(settings, memory);
  await eventually(() => expect(memory.events('schema').length).toBeGreaterThan(0));

  own.append(base + 500n, aRecord('foreign', foreignTable));
  own.append(base + 500n, aRecord('unseen'));
  await eventually(() => expect(reports).toContainEqual(expect.objectContaining({ kind: 'warning' })));
  const claimed = await noMoreClaimsOf(memory);
  expect(reports.some(isHole)).toBe(false);

  own.remove(base + 500n);
  append(base + 900n, aRecord('after'));
  await eventually(() => expect(publishedKeys(memory, settings)).toContain('after'));
  await eventually(() => expect(memory.events('schema').length).toBeGreaterThan(claimed));
  expect(memory.holes).toMatchObject([{ fromSegment: base + 500n, toSegment: base + 500n, tableIds: undefined }]);
});

test('so it is where the agent was away when the node ran with CDC again', async () => {
  const { append, own, settings, memory } = aNodeWithOwnLog();
  const first = startAgent(settings, memory);
  await eventually(() => expect(memory.events('schema').length).toBeGreaterThan(0));
  own.append(base + 500n, aRecord('unseen'));
  await eventually(() => expect(first.reports).toContainEqual(expect.objectContaining({ kind: 'warning' })));
  await first.stop();

  const second = startAgent(settings, memory);
  await eventually(() => expect(second.reports).toContainEqual(expect.objectContaining({ kind: 'warning' })));
  expect(second.reports.some(isHole)).toBe(false);
  await second.stop();
  own.remove(base + 500n);
  append(base + 900n, aRecord('after'));

  startAgent(settings, memory);
  await eventually(() => expect(memory.holes).toMatchObject([{ fromSegment: base + 500n, toSegment: base + 500n }]));
});

test('a segment that a full node hides, or links a little later, is none', async () => {
  const { append, own, settings, memory } = aNodeWithOwnLog();
  const { reports } = startAgent(settings, memory);
  await eventually(() => expect(memory.events('schema').length).toBeGreaterThan(0));
  own.append(base + 2n, aRecord('foreign', foreignTable));
  own.append(base + 3n, aRecord('foreign', foreignTable));
  await new Promise((done) => setTimeout(done, 200));
  append(base + 3n, aRecord('a'));
  own.append(base + 3n, aRecord('a'));
  own.remove(base + 2n);
  await eventually(() => expect(publishedKeys(memory, settings)).toContain('a'));
  own.remove(base + 3n);
  await new Promise((done) => setTimeout(done, 200));
  expect(reports.filter(isHole)).toEqual([]);
});

test('what came last before the segment went is read all the same', async () => {
  const { own, settings, memory } = aNodeWithOwnLog();
  startAgent(settings, memory);
  await eventually(() => expect(memory.events('schema').length).toBeGreaterThan(0));
  own.append(base + 500n, aRecord('foreign', foreignTable));
  await new Promise((done) => setTimeout(done, 200));
  own.append(base + 500n, aRecord('unseen'));
  own.remove(base + 500n);
  await eventually(() => expect(memory.holes).toHaveLength(1));
});
