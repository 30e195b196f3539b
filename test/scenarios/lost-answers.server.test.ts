import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { openTargetKeyspaces } from '../../src/adapters/keyspaces/open-target-keyspaces.ts';
import type { Config } from '../../src/config/config.ts';
import type { PartitionUpdate } from '../../src/model/mutation.ts';
import { targetDefinitions } from '../../src/plan/target-schema.ts';
import type { TargetKeyspace } from '../../src/ports/target-keyspace.ts';
import { seededRandom } from '../../src/sandbox/demo/seeded-random.ts';
import { aRehearsedRegion, type RehearsedRegion } from '../adapters/keyspaces/a-rehearsed-region.ts';
import { withKeysOf } from '../adapters/keyspaces/with-keys-of.ts';
import { type FollowedKeyspace, openFollowedKeyspace, startWorker } from './followed-keyspace.ts';

const seed = Number(process.env.CDCMIG_SEED ?? randomBytes(3).readUIntBE(0, 3));
const random = seededRandom(seed);
const rows = 14;
/** Every fourth request ends without anybody knowing whether it was done. */
const faults = { lostAnswers: 0.12, resets: 0.02, failures: 0.05, serverErrors: 0.05, appliedThrottles: 1 };

let region: RehearsedRegion;
let followed: FollowedKeyspace;
let target: TargetKeyspace;

beforeAll(async () => {
  withKeysOf();
  region = await aRehearsedRegion(inject('sandbox'));
  followed = await openFollowedKeyspace(inject('sandbox'), `lost_${seed}`, [
    `CREATE TABLE KS.notes (id int, at int, text text, words list<text>, tags set<text>, marks map<text, int>,
       motto text static, log list<int> static, PRIMARY KEY (id, at))`,
  ]);
  const { two, schema } = followed;
  const keyspace = two.targetKeyspace;
  // So short a time-out loses answers fast; on a busy machine the first connection may take longer.
  const asked = { ...region.endpoint, keyspace, queriesPerSecond: 500, requestTimeoutMs: 300 };
  target = await vi.waitFor(() => openTargetKeyspaces(asked), { timeout: 20_000 });
  const settings = { capacity: { mode: 'on-demand' }, pointInTimeRecovery: false, tags: {} };
  const config = { target: { kind: 'keyspaces', region: 'eu-west-1', keyspace, replicaRegions: [], settings } };
  await target.define(targetDefinitions(two.tables, schema, config as unknown as Config));
}, 60_000);

afterAll(async () => {
  await target?.close();
  await region?.close();
  await followed?.[Symbol.asyncDispose]();
  vi.unstubAllEnvs();
});

describe(`changes whose every fourth write has an unknown outcome, seed ${seed}`, () => {
  test.each([
    ['newer than the hand-over, applied directly', 'before'],
    ['older than it, read again', 'after'],
  ] as const)('%s: no list is doubled and nothing is lost', async (_, handOver) => {
    const updates = await followed.changes(...statements(handOver));
    region.standIn.faults.change(faults);
    const worker = await startWorker(followed.two, { target, handOver });
    // Twice, as from two replicas, in an order that no log has.
    for (const batch of batches(shuffled([...updates, ...updates]))) await worker.apply(...batch);
    await worker.goOverSlices();
    region.standIn.faults.change({ lostAnswers: 0, resets: 0, failures: 0, serverErrors: 0 });
    const { source, target: moved } = await followed.shown('SELECT * FROM KS.notes');
    expect(moved).toEqual(source);
    expect(source.length).toBeGreaterThan(rows / 2);
    expect(worker.letters).toEqual([]);
    expect(await lost()).toBeGreaterThan(5);
  });
});

/** Lists above all: an overwrite that happens twice at one timestamp doubles them. */
function statements(round: string): readonly string[] {
  // What was applied at its own write time is above all that is read again: each round has rows of its own.
  const first = round === 'before' ? 0 : 1_000;
  const ids = Array.from({ length: rows }, (_, index) => first + index);
  return ids.flatMap((id) => {
    const row = `id = ${id} AND at = 1`;
    return [
      `INSERT INTO KS.notes (id, at, text, words, tags) VALUES (${id}, 1, '${round}', ['a', 'b'], {'${round}'})`,
      `UPDATE KS.notes SET words = words + ['${round}'], marks['${round}'] = ${id} WHERE ${row}`,
      `UPDATE KS.notes SET words = ['first'] + words, log = log + [${id}], motto = '${round}' WHERE ${row}`,
      ...(id % 3 === 0 ? [`DELETE words[0] FROM KS.notes WHERE ${row}`] : []),
      ...(id % 5 === 0 ? [`DELETE FROM KS.notes WHERE ${row}`] : []),
      ...(id % 7 === 0 ? [`DELETE FROM KS.notes WHERE id = ${id} AND at > 0`] : []),
    ];
  });
}

/** The stand-in counts what it spoilt. */
async function lost(): Promise<number> {
  const metrics = await region.standIn.meter.registry.metrics();
  return Number(/^SystemErrors (\d+)$/m.exec(metrics)?.[1]);
}

function shuffled(updates: readonly PartitionUpdate[]): readonly PartitionUpdate[] {
  const left = [...updates];
  return updates.map(() => left.splice(random.below(left.length), 1)[0]!);
}

function batches(updates: readonly PartitionUpdate[]): readonly (readonly PartitionUpdate[])[] {
  const size = 60;
  return Array.from({ length: Math.ceil(updates.length / size) }, (_, index) =>
    updates.slice(index * size, (index + 1) * size),
  );
}
