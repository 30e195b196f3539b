import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { systemClock } from '../../src/adapters/clock.ts';
import { runAgent } from '../../src/capture/run-agent.ts';
import type { Clock } from '../../src/ports/clock.ts';
import { systemTableId } from '../../src/wire/commitlog/system-table-ids.ts';
import { aClock } from '../support/a-clock.ts';
import { aNodeLog, aRecord, canaryTable, foreignTable, type NodeLog, wantedTable } from './a-node-log.ts';
import { memoryBus } from './memory-bus.ts';
import { allTopics, eventsOf, publishedKeys, startAgent } from './running-agent.ts';

/** Below the clock, as the ids of a node that has run for a while. */
const base = 1_699_999_000_000n;

function held({ settings }: NodeLog): readonly bigint[] {
  return readdirSync(join(settings.folder, 'held')).map((name) => BigInt(name.split('-')[2]!.slice(0, -4)));
}

/** Generous: the machine may be busy with other tests. */
function eventually(check: () => void): Promise<void> {
  return vi.waitFor(check, { timeout: 20_000, interval: 20 });
}

/** An agent that follows a log which began with a segment and its spare. */
async function following(part: Parameters<typeof aNodeLog>[0] = {}, clock: Clock = aClock()) {
  const log = aNodeLog(part);
  const memory = memoryBus();
  log.append(base, aRecord('before'));
  log.append(base + 1n);
  const agent = startAgent(log.settings, memory, clock);
  await eventually(() => expect(eventsOf(memory, 'schema', 'watermark').length).toBeGreaterThan(0));
  return { log, memory, agent, settings: log.settings };
}

test('an agent begins at the end of the log and publishes what is written from then on', async () => {
  const { log, memory, settings } = await following();
  log.append(base, aRecord('a'), aRecord('other', foreignTable));
  log.append(base, aRecord('b'));
  log.append(base + 1n, aRecord('c'));
  await eventually(() => expect(publishedKeys(memory, settings).toSorted()).toEqual(['a', 'b', 'c']));
});

test('schema changes travel on the schema topic alone', async () => {
  const { log, memory } = await following();
  log.append(base, aRecord('shop', systemTableId('system_schema', 'tables')));
  await eventually(() => expect(eventsOf(memory, 'schema', 'record')).toHaveLength(1));
  expect(eventsOf(memory, 'changes-partition-0', 'record')).toEqual([]);
});

test('a record that comes late to the earlier segment, after the later one has begun, is not lost', async () => {
  const { log, memory, settings } = await following({}, systemClock());
  log.append(base + 1n, aRecord('later segment'));
  await eventually(() => expect(publishedKeys(memory, settings)).toEqual(['later segment']));
  log.append(base, aRecord('straggler'));
  await eventually(() => expect(publishedKeys(memory, settings)).toContain('straggler'));
});

test('a segment that the node deletes before Pulsar has it is kept by the agent, and let go once Pulsar has it', async () => {
  const { log, memory, settings } = await following();
  memory.condition = 'away';
  log.append(base, aRecord('a'));
  log.append(base + 1n, aRecord('b'));
  log.append(base + 2n);
  await eventually(() => expect(held(log)).toContain(base + 2n));
  log.remove(base);
  log.remove(base + 1n);
  memory.condition = 'up';
  await eventually(() => expect(publishedKeys(memory, settings).toSorted()).toEqual(['a', 'b']));
  await eventually(() => expect(held(log)).toEqual([base + 2n]));
});

test('the node’s own folder is never changed', async () => {
  const { log, memory, settings } = await following();
  log.append(base + 1n, aRecord('a'));
  await eventually(() => expect(held(log)).toEqual([base + 1n]));
  expect(readdirSync(log.directory)).toHaveLength(2);
  expect(publishedKeys(memory, settings)).toEqual(['a']);
});

test('after Pulsar refused what was on its way, it is published again', async () => {
  const { log, memory, agent, settings } = await following();
  memory.condition = 'failing';
  log.append(base, aRecord('a'), aRecord('b'));
  await eventually(() => expect(agent.reports.map(({ kind }) => kind)).toContain('waiting'));
  memory.condition = 'up';
  await eventually(() => expect(new Set(publishedKeys(memory, settings))).toEqual(new Set(['a', 'b'])));
});

test('a stopped agent goes on where it was, and publishes what was written meanwhile once', async () => {
  const { log, memory, agent, settings } = await following();
  log.append(base, aRecord('a'));
  await eventually(() => expect(publishedKeys(memory, settings)).toEqual(['a']));
  await agent.stop();
  log.append(base, aRecord('b'));
  log.append(base + 1n, aRecord('c'));
  const again = startAgent(settings, memory, aClock(1_700_000_500_000_000n));
  await eventually(() => expect(publishedKeys(memory, settings).toSorted()).toEqual(['a', 'b', 'c']));
  expect(again.reports.filter(({ kind }) => kind === 'capture-hole')).toEqual([]);
});

test('watermarks rise by a second on every topic and not below where an earlier start had been', async () => {
  const { memory, agent, settings } = await following();
  await eventually(() => expect(eventsOf(memory, 'schema', 'watermark').length).toBeGreaterThan(3));
  await agent.stop();
  const before = eventsOf(memory, 'schema', 'watermark').length;
  startAgent(settings, memory, aClock(1_699_999_990_000_000n));
  await eventually(() => expect(eventsOf(memory, 'schema', 'watermark').length).toBeGreaterThan(before + 2));
  for (const topic of allTopics(settings)) {
    const instants = eventsOf(memory, topic, 'watermark').map(({ instantMicros }) => instantMicros);
    const steps = instants.slice(1).map((instant, index) => instant - instants[index]!);
    expect(steps.every((step) => step >= 1_000_000n)).toBe(true);
  }
});

test('while a record is on its way to one partition no instant after it is claimed anywhere', async () => {
  const clock = systemClock();
  const { log, memory, settings } = await following({}, clock);
  const newest = () => eventsOf(memory, 'schema', 'watermark').at(-1)!.instantMicros;
  // Right behind a watermark: the next one is due while the record waits.
  const before = newest();
  await eventually(() => expect(newest()).toBeGreaterThan(before));
  memory.condition = 'slow';
  log.append(base, aRecord('a'));
  const writtenMicros = clock.nowMicros();
  await clock.sleep(2_500);
  expect(newest()).toBeLessThanOrEqual(writtenMicros);
  memory.condition = 'up';
  await eventually(() => expect(newest()).toBeGreaterThan(writtenMicros));
  expect(publishedKeys(memory, settings)).toEqual(['a']);
});

test('a canary is answered by a drain mark on every topic, behind every record that was in the log before it', async () => {
  const { log, memory, settings } = await following();
  log.append(base, aRecord('a'), aRecord('b'));
  log.append(base, aRecord('nonce-1', canaryTable));
  await eventually(() => {
    for (const topic of allTopics(settings)) expect(eventsOf(memory, topic, 'drain-mark')).toHaveLength(1);
  });
  for (const topic of allTopics(settings)) {
    const kinds = memory.events(topic).map(({ kind }) => kind);
    expect(kinds.lastIndexOf('record')).toBeLessThan(kinds.indexOf('drain-mark'));
  }
  expect(eventsOf(memory, 'schema', 'drain-mark')).toEqual([{ kind: 'drain-mark', node: 'node-1', nonce: 'nonce-1' }]);
  expect(publishedKeys(memory, settings)).toContain('nonce-1');
});

test('an agent that was stopped between a canary and its drain mark sends the mark after its next start', async () => {
  const { log, memory, agent, settings } = await following({ visibilityDelayMs: 60_000 }, systemClock());
  log.append(base, aRecord('nonce-1', canaryTable));
  await eventually(() => expect(publishedKeys(memory, settings)).toEqual(['nonce-1']));
  await agent.stop();
  expect(eventsOf(memory, 'schema', 'drain-mark')).toEqual([]);
  startAgent({ ...settings, visibilityDelayMs: 0 }, memory, systemClock());
  await eventually(() => expect(eventsOf(memory, 'schema', 'drain-mark')).toHaveLength(1));
});

test('segments that came and went while the agent was away are a hole, and the capture counts as unbroken from then on', async () => {
  const { log, memory, agent, settings } = await following();
  await agent.stop();
  log.append(base + 5n, aRecord('x'));
  const again = startAgent(settings, memory, aClock(1_700_000_500_000_000n));
  await eventually(() => expect(publishedKeys(memory, settings)).toEqual(['x']));
  expect(again.reports).toContainEqual({
    kind: 'capture-hole',
    node: 'node-1',
    fromSegment: base + 2n,
    toSegment: base + 4n,
    reason: 'came and went unseen by the agent',
  });
  expect(memory.holes).toMatchObject([{ fromSegment: base + 2n, toSegment: base + 4n, tableIds: undefined }]);
  await eventually(() =>
    expect(eventsOf(memory, 'schema', 'watermark').at(-1)!.unbrokenSinceMicros).toBeGreaterThan(1_700_000_500_000_000n),
  );
});

test('a restart of the node under the eyes of the agent is no hole', async () => {
  const { log, memory, agent, settings } = await following({}, systemClock());
  log.append(base, aRecord('a'));
  await eventually(() => expect(publishedKeys(memory, settings)).toEqual(['a']));
  const nextStart = BigInt(Date.now()) + 5_000n;
  log.append(nextStart, aRecord('b'));
  log.append(nextStart + 1n);
  log.remove(base);
  log.remove(base + 1n);
  await eventually(() => expect(publishedKeys(memory, settings)).toEqual(expect.arrayContaining(['a', 'b'])));
  await eventually(() => expect(held(log)).toEqual([nextStart, nextStart + 1n]));
  expect(agent.reports.filter(({ kind }) => kind === 'capture-hole')).toEqual([]);
});

test('a node that changes its compatibility mode writes segments of another version, and each record says of which', async () => {
  const { log, memory, agent, settings } = await following({}, systemClock());
  log.append(base, aRecord('seven'));
  await eventually(() => expect(publishedKeys(memory, settings)).toEqual(['seven']));
  log.logVersion = 8;
  const nextStart = BigInt(Date.now()) + 5_000n;
  log.append(nextStart, aRecord('eight'));
  log.append(nextStart + 1n);
  log.remove(base);
  log.remove(base + 1n);
  await eventually(() => expect(publishedKeys(memory, settings).toSorted()).toEqual(['eight', 'seven']));
  const records = allTopics(settings).flatMap((topic) => eventsOf(memory, topic, 'record'));
  expect(records.map(({ logVersion }) => logVersion).toSorted()).toEqual([7, 8]);
  await eventually(() => expect(held(log)).toEqual([nextStart, nextStart + 1n]));
  expect(agent.reports.filter(({ kind }) => kind === 'capture-hole')).toEqual([]);
});

test('a commit log that is not there is told to the operator, not waited for', async () => {
  const { settings } = aNodeLog();
  const commitLogDirectory = join(settings.folder, 'elsewhere');
  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  const memory = memoryBus();
  const running = runAgent(
    { ...settings, commitLogDirectory },
    { ...memory, clock: aClock(), report: () => {}, signal: stop.signal },
  );
  await expect(running).rejects.toThrow(`expected to read ${commitLogDirectory}`);
});

test('a folder on another filesystem than the log is refused with the sentence that helps', async (context) => {
  const elsewhere = mkdtempSync('/dev/shm/cdcmig-agent-');
  onTestFinished(() => rmSync(elsewhere, { recursive: true, force: true }));
  const log = aNodeLog({ folder: elsewhere });
  context.skip(statSync(elsewhere).dev === statSync(log.directory).dev, '/dev/shm is not a filesystem of its own');
  log.append(base, aRecord('a'));
  const { bus, bookHole } = memoryBus();
  const agent = { bus, bookHole, clock: aClock(), report: () => {}, signal: AbortSignal.timeout(20_000) };
  await expect(runAgent(log.settings, agent)).rejects.toThrow(
    /put the agent’s folder on the filesystem of the commit log/,
  );
});

test('above its cap the agent holds no more, says so, and goes on without a hole if the node still has the segments', async () => {
  const { log, memory, agent, settings } = await following({ folderCapBytes: 1 }, systemClock());
  log.append(base + 1n, aRecord('a'));
  log.append(base + 2n, aRecord('b'));
  await eventually(() => expect(agent.reports.map(({ kind }) => kind)).toContain('warning'));
  expect(held(log)).toEqual([base, base + 1n]);
  log.remove(base);
  log.remove(base + 1n);
  await eventually(() => expect(publishedKeys(memory, settings).toSorted()).toEqual(['a', 'b']));
  expect(agent.reports.filter(({ kind }) => kind === 'capture-hole')).toEqual([]);
});

test('while a segment cannot be held nothing is claimed', async () => {
  const { log, memory, agent } = await following({ folderCapBytes: 1 });
  log.append(base + 2n);
  await eventually(() => expect(agent.reports.map(({ kind }) => kind)).toContain('warning'));
  const before = eventsOf(memory, 'schema', 'watermark').length;
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(eventsOf(memory, 'schema', 'watermark').length).toBeLessThanOrEqual(before + 1);
});

test('a damaged segment is read up to the damage, kept aside and reported as a hole once the node has left it', async () => {
  const { log, memory, agent, settings } = await following();
  await agent.stop();
  log.append(base, aRecord('a'));
  log.append(base, aRecord('b'));
  log.append(base + 1n, aRecord('c'));
  log.damageEnd(base);
  const again = startAgent(settings, memory, aClock(1_700_000_500_000_000n));
  await eventually(() =>
    expect(again.reports).toContainEqual({
      kind: 'capture-hole',
      node: 'node-1',
      fromSegment: base,
      toSegment: base,
      reason: 'damaged',
    }),
  );
  expect(publishedKeys(memory, settings)).toContain('c');
  expect(readdirSync(join(settings.folder, 'damaged'))).toEqual([`CommitLog-7-${base}.log`]);
});

test('a segment that has records and no header is reported as a hole once the node has left it, not taken for an unused one', async () => {
  const { log, memory, agent, settings } = await following();
  await agent.stop();
  log.append(base, aRecord('a'));
  log.append(base + 1n, aRecord('b'));
  log.append(base + 2n);
  log.loseHeader(base);
  log.remove(base);
  const again = startAgent(settings, memory, aClock(1_700_000_500_000_000n));
  await eventually(() => expect(publishedKeys(memory, settings)).toContain('b'));
  await eventually(() =>
    expect(again.reports).toContainEqual(expect.objectContaining({ kind: 'capture-hole', fromSegment: base })),
  );
  expect(readdirSync(join(settings.folder, 'damaged'))).toEqual([`CommitLog-7-${base}.log`]);
});

test('a segment that the node made and never began is no hole', async () => {
  const { log, memory, agent, settings } = await following();
  await agent.stop();
  log.append(base + 1n);
  log.loseHeader(base + 1n);
  log.append(base + 2n, aRecord('b'));
  log.remove(base + 1n);
  log.append(base + 3n);
  const again = startAgent(settings, memory, aClock(1_700_000_500_000_000n));
  await eventually(() => expect(publishedKeys(memory, settings)).toContain('b'));
  await eventually(() => expect(held(log)).not.toContain(base + 1n));
  expect(again.reports.filter(({ kind }) => kind === 'capture-hole')).toEqual([]);
});

test('a record that Pulsar never takes is a hole of its table, and holds up nothing', async () => {
  const { log, memory, settings } = await following();
  memory.mostBytes = 1_000;
  const [tooBig, another] = [aRecord('x'.repeat(2_000)), aRecord('y'.repeat(3_000))];
  log.append(base, aRecord('a'), tooBig, aRecord('b'));
  await eventually(() => expect(memory.holes).toHaveLength(1));
  log.append(base, aRecord('c'), another);
  await eventually(() => expect(memory.holes).toHaveLength(2));
  const claimed = eventsOf(memory, 'schema', 'watermark').length;
  await eventually(() => expect(eventsOf(memory, 'schema', 'watermark').length).toBeGreaterThan(claimed));
  expect(publishedKeys(memory, settings).toSorted()).toEqual(['a', 'b', 'c']);
  expect(memory.holes).toMatchObject(
    [tooBig, another].map(({ length }) => ({
      ...{ fromSegment: base, toSegment: base, tableIds: [wantedTable] },
      reason: expect.stringContaining(`${length} bytes`),
    })),
  );
  // The ledger knows a hole by its id: the second is not the first told again.
  expect(new Set(memory.holes.map(({ id }) => id)).size).toBe(2);
});

test('a second agent for the same folder is refused, and the first is not disturbed', async () => {
  const { log, memory, settings } = await following();
  const second = {
    bus: memory.bus,
    bookHole: memory.bookHole,
    clock: aClock(),
    report: () => {},
    signal: new AbortController().signal,
  };
  await expect(runAgent(settings, second)).rejects.toThrow(/no other agent/);
  log.append(base, aRecord('a'));
  await eventually(() => expect(publishedKeys(memory, settings)).toEqual(['a']));
});
