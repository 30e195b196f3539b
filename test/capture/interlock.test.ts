import { existsSync, linkSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { systemClock } from '../../src/adapters/clock.ts';
import { readPosition } from '../../src/capture/position-file.ts';
import type { AgentSettings } from '../../src/model/agent-settings.ts';
import { type AgentState, decodeAgentState } from '../../src/model/agent-state.ts';
import {
  aNodeLog,
  aRecord,
  counterTable,
  foreignTable,
  type NodeLog,
  siblingTable,
  wantedTable,
} from './a-node-log.ts';
import { memoryBus } from './memory-bus.ts';
import { publishedKeys, startAgent } from './running-agent.ts';

const base = 1_699_999_000_000n;
const release = { atCritical: 'release', warnAt: 0.5, criticalAt: 0.8 } as const;

/** Bytes of a segment with one record of `aRecord`, roughly; limits below are counted in them. */
const page = 'x'.repeat(1_000);

function eventually(check: () => void): Promise<void> {
  return vi.waitFor(check, { timeout: 20_000, interval: 20 });
}

function ids(folder: string): readonly number[] {
  const segments = readdirSync(folder).filter((name) => name.endsWith('.log'));
  return segments.map((name) => Number(BigInt(name.split('-')[2]!.slice(0, -4)) - base)).sort((a, b) => a - b);
}

const held = ({ settings }: NodeLog) => ids(join(settings.folder, 'held'));

function stateIn({ folder }: AgentSettings): AgentState {
  return decodeAgentState(readFileSync(join(folder, 'state.json')))!;
}

/** An agent that followed when Pulsar went away. */
async function cutOff(part: Partial<AgentSettings>) {
  const log = aNodeLog(part);
  const memory = memoryBus();
  log.append(base, aRecord('before'));
  log.append(base + 1n);
  const agent = startAgent(log.settings, memory, systemClock());
  await eventually(() => expect(memory.events('schema').length).toBeGreaterThan(0));
  memory.condition = 'away';
  return { log, memory, agent, settings: log.settings };
}

/** Segments 1 to `count` with a record each, 0 finished before. */
function fill(log: NodeLog, count: number, tableOf: (n: number) => string = () => wantedTable): void {
  for (let n = 1; n <= count; n++) log.append(base + BigInt(n), aRecord(`key-${n}-${page}`, tableOf(n)));
  log.append(base + BigInt(count + 1));
}

const tenSegments = 11_000;

test('with wait an agent alarms at warn and at critical, deletes nothing and tells when it will be full', async () => {
  const { log, agent, settings } = await cutOff({ folderCapBytes: tenSegments });
  fill(log, 6);
  await eventually(() => expect(stateIn(settings).level).toBe('warn'));
  for (let n = 7; n <= 9; n++) log.append(base + BigInt(n), aRecord(`key-${n}-${page}`));
  await eventually(() => expect(stateIn(settings).level).toBe('critical'));
  expect(agent.reports.filter(({ kind }) => kind === 'capture-level')).toMatchObject([
    { level: 'warn', limitedBy: 'folder cap', limitBytes: tenSegments },
    { level: 'critical' },
  ]);
  expect(held(log)).toContain(1);
  await eventually(() => expect(stateIn(settings).secondsToFull).toBeGreaterThanOrEqual(0));
  expect(stateIn(settings)).toMatchObject({ node: 'node-1', mode: 'commitlog', released: { segments: 0 } });
});

test('with release the oldest segments go, their tables are in doubt, and the rest is published', async () => {
  const { log, memory, settings } = await cutOff({ folderCapBytes: tenSegments, interlock: release });
  fill(log, 9);
  await eventually(() => expect(held(log)).toContain(10));
  for (let n = 0; n <= 6; n++) log.remove(base + BigInt(n));
  await eventually(() => expect(held(log)[0]).toBeGreaterThan(1));
  const [oldest] = held(log);
  memory.condition = 'up';
  await eventually(() => expect(publishedKeys(memory, settings)).toContain(`key-9-${page}`));
  const published = new Set(publishedKeys(memory, settings).map((key) => Number(key.split('-')[1])));
  expect([...published].filter((n) => n >= oldest!)).toHaveLength(10 - oldest!);
  await eventually(() => expect(memory.holes).toHaveLength(1));
  expect(memory.holes[0]).toMatchObject({
    node: 'node-1',
    tableIds: [wantedTable],
    toSegment: base + BigInt(oldest! - 1),
  });
  await eventually(() => expect(stateIn(settings).released.segments).toBeGreaterThan(0));
});

test('a hole names only the tables whose records were released, and spans from before the first to after the last', async () => {
  const { log, memory } = await cutOff({
    folderCapBytes: tenSegments,
    interlock: release,
    wantedTableIds: [wantedTable, siblingTable],
  });
  const beforeMicros = BigInt(Date.now()) * 1000n;
  fill(log, 9, (n) => (n < 5 ? siblingTable : wantedTable));
  await eventually(() => expect(held(log)[0]).toBeGreaterThan(1));
  expect(held(log)[0]).toBeLessThan(5);
  memory.condition = 'up';
  await eventually(() => expect(memory.holes).toHaveLength(1));
  expect(memory.holes[0]).toMatchObject({ tableIds: [siblingTable] });
  expect(memory.holes[0]!.fromMicros).toBeLessThanOrEqual(beforeMicros);
  expect(memory.holes[0]!.toMicros).toBeGreaterThanOrEqual(beforeMicros);
});

test('segments of other tables and of counters are let go of without a hole', async () => {
  const { log, memory, agent } = await cutOff({ folderCapBytes: tenSegments, interlock: release });
  fill(log, 12, (n) => (n % 2 ? foreignTable : counterTable));
  await eventually(() => expect(held(log)[0]).toBeGreaterThan(1));
  memory.condition = 'up';
  const before = memory.events('schema').length;
  await eventually(() => expect(memory.events('schema').length).toBeGreaterThan(before));
  expect(memory.holes).toEqual([]);
  expect(agent.reports.filter(({ kind }) => kind === 'capture-hole')).toEqual([]);
});

test('what was released is booked once, though the agent dies before it has deleted anything', async () => {
  const { log, memory, agent, settings } = await cutOff({ folderCapBytes: tenSegments, interlock: release });
  fill(log, 9);
  await eventually(() => expect(held(log)[0]).toBeGreaterThan(1));
  await agent.stop();
  // Only now: segments are deleted one after the other.
  const oldest = held(log)[0]!;
  const saved = (await readPosition(settings.folder, 'node-1'))!;
  expect(saved.owedHoles).toHaveLength(1);
  expect(saved.finishedUpTo).toBe(base + BigInt(oldest - 1));
  // As a crash between the saved position and the deletion leaves it.
  for (let n = 1; n < oldest; n++)
    linkSync(
      join(log.directory, `CommitLog-7-${base + BigInt(n)}.log`),
      join(settings.folder, 'held', `CommitLog-7-${base + BigInt(n)}.log`),
    );
  memory.condition = 'up';
  startAgent(settings, memory, systemClock());
  await eventually(() => expect(publishedKeys(memory, settings)).toContain(`key-9-${page}`));
  expect(held(log)[0]).toBeGreaterThanOrEqual(oldest);
  expect(memory.holes).toMatchObject([{ id: saved.owedHoles[0]!.id }]);
  expect(publishedKeys(memory, settings)).not.toContain(`key-1-${page}`);
});

test('nothing is claimed before the ledger knows of a hole', async () => {
  const { log, memory } = await cutOff({ folderCapBytes: tenSegments, interlock: release });
  fill(log, 9);
  await eventually(() => expect(held(log)[0]).toBeGreaterThan(1));
  const isUnbroken = memory.events('schema').at(-1)!;
  memory.condition = 'up';
  await eventually(() => expect(memory.events('schema').at(-1)).not.toEqual(isUnbroken));
  expect(memory.holes).toHaveLength(1);
});

/** A node with cdc on: each segment has a second link in its log and, when it is full, an index. */
function completed(log: NodeLog, n: number): void {
  const id = base + BigInt(n);
  writeFileSync(join(log.directory, `CommitLog-7-${id}_cdc.idx`), '200\nCOMPLETED');
}

test('in cdc mode the oldest completed segments are released with their index files', async () => {
  const { log, memory, settings } = await cutOff({ mode: 'cdc', cdcTotalBytes: tenSegments, interlock: release });
  fill(log, 9);
  for (let n = 1; n <= 8; n++) completed(log, n);
  await eventually(() => expect(ids(log.directory)).not.toContain(2));
  expect(existsSync(join(log.directory, `CommitLog-7-${base + 2n}_cdc.idx`))).toBe(false);
  memory.condition = 'up';
  await eventually(() => expect(publishedKeys(memory, settings)).toContain(`key-9-${page}`));
  await eventually(() => expect(memory.holes).toMatchObject([{ tableIds: [wantedTable] }]));
});

test('in cdc mode with wait a full folder stays as it is, for the node to say no', async () => {
  const { log, memory, settings } = await cutOff({ mode: 'cdc', cdcTotalBytes: tenSegments });
  fill(log, 9);
  for (let n = 1; n <= 8; n++) completed(log, n);
  await eventually(() => expect(stateIn(settings).level).toBe('critical'));
  expect(stateIn(settings).fill).toMatchObject({ limitedBy: 'cdc_total_space' });
  expect(ids(log.directory)).toEqual(expect.arrayContaining([1, 2, 3, 4, 5, 6, 7, 8, 9]));
  memory.condition = 'up';
  await eventually(() => expect(ids(log.directory)).not.toContain(8));
  expect(memory.holes).toEqual([]);
});

test('a segment of cdc_raw that somebody deletes unread is a hole', async () => {
  const { log, memory, settings } = await cutOff({ mode: 'cdc' });
  await eventually(() => expect(existsSync(join(settings.folder, 'state.json'))).toBe(true));
  fill(log, 4);
  for (let n = 1; n <= 3; n++) completed(log, n);
  // A session that is still open reads on what it has open; one that has lost Pulsar has nothing open.
  memory.condition = 'failing';
  await eventually(() => expect(stateIn(settings).waitsFor).toBeDefined());
  rmSync(join(log.directory, `CommitLog-7-${base + 2n}.log`));
  memory.condition = 'up';
  await eventually(() =>
    expect(memory.holes).toMatchObject([{ fromSegment: base + 2n, toSegment: base + 2n, tableIds: undefined }]),
  );
  await eventually(() => expect(publishedKeys(memory, settings)).toContain(`key-4-${page}`));
});

test('on a node that drops segments when it is full, ids that an agent never saw are a hole', async () => {
  const { log, memory, agent, settings } = await cutOff({ mode: 'cdc', cdcBlocksWrites: false });
  await agent.stop();
  memory.condition = 'up';
  log.append(base + 6n, aRecord('later'));
  log.append(base + 7n);
  startAgent(settings, memory, systemClock());
  await eventually(() => expect(memory.holes).toMatchObject([{ fromSegment: base + 2n, toSegment: base + 5n }]));
  await eventually(() => expect(publishedKeys(memory, settings)).toContain('later'));
});
