import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, inject, test, vi } from 'vitest';
import { decodeAgentState } from '../../src/model/agent-state.ts';
import { outlineRecord } from '../../src/wire/commitlog/record-outline.ts';
import {
  answeredCanary,
  type CaptureWorld,
  openCaptureWorld,
  type PublishedEvent,
  readEvents,
} from './capture-world.ts';
import { expectHonestWatermarks } from './honest-watermarks.ts';
import { type KillableAgent, killableAgent } from './killable-agent.ts';
import { decodeRecord, type First, firstPublished, isCanary, lastWrites } from './published-changes.ts';
import { expectPublishedOrInDoubt } from './published-or-in-doubt.ts';
import { allTopics } from './running-agent.ts';
import { loadTables, type Written, writeLoad } from './write-load.ts';

const rows = 5_000;

/** In commitlog mode a node may let go of its segments while nobody follows it, as when another test drops a table. */
const whatIsPublished = { commitlog: 'every write or books a hole for it', cdc: 'every write' } as const;

for (const mode of ['commitlog', 'cdc'] as const) {
  test(`in ${mode} mode an agent that is killed again and again publishes ${whatIsPublished[mode]}, and claims none too early`, async () => {
    const keyspace = `capture_${mode}`;
    const options = mode === 'cdc' ? 'WITH cdc = true' : '';
    const counters = `CREATE TABLE ${keyspace}.counts (pk int PRIMARY KEY, n counter) ${options}`;
    const ddl = [...loadTables(keyspace, options), counters];
    const world = await openCaptureWorld(inject('sandbox'), keyspace, { ddl, mode });
    const agent = killableAgent(world.settings);
    const killed = await writeWhileKilled(world, agent, keyspace);
    const calm = await writeLoad(world.pool, keyspace, 500);
    await countUp(world, keyspace);
    await answeredCanary(world, keyspace);
    await vi.waitFor(() => expect(countersSeen(world)).toBe(counted), { timeout: 10_000, interval: 200 });
    expect(await agent.stop()).toBe(0);
    const written = [...killed, ...calm];
    const events = await readEvents(world);

    const firsts = firstPublished(events, world);
    const missing = await expectPublishedOrInDoubt(world, written);
    // While an agent is there it misses nothing.
    expect(missing.filter((write) => mode === 'cdc' || calm.includes(write))).toEqual([]);
    expect(firstTables(events).filter((id) => world.settings.counterTableIds.includes(id))).toEqual([]);
    if (missing.length === 0) expect(await readPlain(world, keyspace)).toEqual(decodedPlain(events, world));
    const published = written.filter((write) => !missing.includes(write));
    expectHonestWatermarks(events, published, firsts);
    for (const topic of allTopics(world.settings)) {
      expect(events.some((one) => one.topic === topic && one.event.kind === 'drain-mark')).toBe(true);
    }
    printLag(mode, calm, firsts);
  });
}

const counted = 20;

async function countUp({ pool }: CaptureWorld, keyspace: string): Promise<void> {
  for (let n = 0; n < counted; n++)
    await pool.query(`UPDATE ${keyspace}.counts SET n = n + 1 WHERE pk = ${n % 3}`, { consistency: 'ONE' });
}

function countersSeen({ settings }: CaptureWorld): number {
  return decodeAgentState(readFileSync(join(settings.folder, 'state.json')))!.counterRecords;
}

function firstTables(events: readonly PublishedEvent[]): readonly string[] {
  return events.flatMap(({ event }) => (event.kind === 'record' ? [outlineRecord(event.body).firstTableId] : []));
}

/** Writes while the agent dies three times; returns when the agent has answered a canary that was written last. */
async function writeWhileKilled(
  world: CaptureWorld,
  agent: KillableAgent,
  keyspace: string,
): Promise<readonly Written[]> {
  agent.start();
  await vi.waitFor(async () => expect(await readEvents(world)).not.toEqual([]), { timeout: 30_000, interval: 300 });
  const writing = writeLoad(world.pool, keyspace, rows);
  for (const pauseMs of [1_500, 2_000, 1_500]) {
    await sleep(pauseMs);
    await agent.kill();
    await sleep(200);
    agent.start();
  }
  const written = await writing;
  await answeredCanary(world, keyspace);
  return written;
}

async function readPlain({ pool }: CaptureWorld, keyspace: string): Promise<ReadonlyMap<string, string>> {
  const answer = await pool.query(`SELECT pk, ck, v, n FROM ${keyspace}.plain`, { consistency: 'ONE' });
  return new Map(
    answer.rows.map(([pk, ck, v, n]) => [
      `${pk!.readInt32BE()}/${ck!.readInt32BE()}`,
      `${v?.toString()} ${n?.readBigInt64BE().toString()}`,
    ]),
  );
}

function decodedPlain(
  events: readonly PublishedEvent[],
  { tables, settings }: CaptureWorld,
): ReadonlyMap<string, string> {
  const updates = events.flatMap(({ event, topic }) =>
    event.kind !== 'record' || topic === 'schema' || isCanary(event.body, settings.canaryTableId)
      ? []
      : decodeRecord(event, tables).updates,
  );
  return lastWrites(updates.filter(({ table }) => table.name === 'plain'));
}

function printLag(mode: string, written: readonly Written[], firsts: ReadonlyMap<bigint, First>): void {
  const lags = written
    .map(
      ({ timestampMicros, acknowledgedMs }) =>
        firsts.get(timestampMicros)!.published.message.publishedAtMs - acknowledgedMs,
    )
    .sort((a, b) => a - b);
  const at = (share: number) => lags[Math.floor(lags.length * share)];
  process.stderr.write(`${mode}: from acknowledgement to publishing p50 ${at(0.5)} ms, p95 ${at(0.95)} ms\n`);
}
