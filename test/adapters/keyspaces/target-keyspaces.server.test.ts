import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { findPeers } from '../../../src/adapters/keyspaces/find-peers.ts';
import { keyspacesFacts } from '../../../src/adapters/keyspaces/keyspaces-endpoint.ts';
import {
  openTargetKeyspaces,
  type TargetKeyspacesOptions,
} from '../../../src/adapters/keyspaces/open-target-keyspaces.ts';
import type { TargetKeyspace } from '../../../src/ports/target-keyspace.ts';
import type { FaultSwitches } from '../../../src/sandbox/keyspaces/engine/fault-switches.ts';
import { targetKeyspaceContract } from '../../ports/target-keyspace-contract.ts';
import { aUser } from '../../sandbox/keyspaces/a-stand-in.ts';
import { aKeyspaceDefinition, aTableDefinition } from '../../support/a-definition.ts';
import { int, text } from '../../support/a-table.ts';
import { rawPool, run, targetEndpoint } from '../cassandra/sandbox-cluster.ts';
import { aRehearsedRegion, type RehearsedRegion } from './a-rehearsed-region.ts';
import { withKeysOf } from './with-keys-of.ts';

let region: RehearsedRegion;

const open = (keyspace: string, more: Partial<TargetKeyspacesOptions> = {}): Promise<TargetKeyspace> =>
  openTargetKeyspaces({ ...region.endpoint, keyspace, queriesPerSecond: 1_000, patienceMs: 3_000, ...more });

beforeAll(async () => {
  withKeysOf();
  // A third of all pages end early, some of them empty.
  const faults = { shortPages: 0.3 };
  // What is prepared must name its keyspace: in Keyspaces it might otherwise meet another.
  const rules = { mode: 'strict', off: [], on: ['unqualified-tables'] } as const;
  region = await aRehearsedRegion(inject('sandbox'), { faults, rules });
});

afterAll(async () => {
  vi.unstubAllEnvs();
  const keyspaces = region.standIn.state.keyspaces().map(({ name }) => name);
  await region.close();
  const pool = rawPool(targetEndpoint());
  for (const keyspace of keyspaces) await run(pool, `DROP KEYSPACE IF EXISTS ${keyspace}`);
  await pool.close();
  expect(region.standIn.bugs).toEqual([]);
});

targetKeyspaceContract('a keyspace of Amazon Keyspaces', (keyspace) => open(keyspace));

test('connections go to the front ends that system.peers names, not to the name of the endpoint alone', async () => {
  const { port } = region.standIn;
  expect(await findPeers(await keyspacesFacts(region.endpoint), 1_000)).toEqual([{ host: '127.0.0.2', port }]);
});

test('an answer that is lost while the target is opened is asked for again', async () => {
  region.standIn.faults.change({ lostAnswers: 0.5 });
  try {
    for (let times = 0; times < 5; times++) {
      const target = await open('nothing', { requestTimeoutMs: 200, patienceMs: 30_000 });
      await target.close();
    }
  } finally {
    region.standIn.faults.change({ lostAnswers: 0 });
  }
});

describe('logging in', () => {
  test('with service-specific credentials works too', async () => {
    const { userName: username, password } = aUser;
    const target = await open('nothing', { password: { username, password } });
    expect(await target.exists()).toBe(false);
    await target.close();
  });

  test('with a wrong password is refused at once, as what it is', async () => {
    const opening = open('nothing', { password: { username: aUser.userName, password: 'other' } });
    await expect(opening).rejects.toMatchObject({
      name: 'OperatorError',
      faults: [{ found: expect.stringContaining('are incorrect') }],
    });
  });

  test('with a wrong secret key is refused at once', async () => {
    withKeysOf({ ...aUser, secretAccessKey: 'another secret' });
    const opening = open('nothing');
    await expect(opening).rejects.toMatchObject({
      name: 'OperatorError',
      faults: [{ found: expect.stringMatching(/signature/i) }],
    });
    withKeysOf();
  });

  test('to a server whose certificate is of nobody we trust is refused', async () => {
    const { caFile: _, ...endpoint } = region.endpoint;
    const opening = openTargetKeyspaces({ ...endpoint, keyspace: 'nothing', queriesPerSecond: 1 });
    await expect(opening).rejects.toMatchObject({
      name: 'OperatorError',
      faults: [{ found: expect.stringMatching(/certificate/) }],
    });
  });

  test('to a server whose certificate has another name is refused', async () => {
    const cql = { host: '127.0.0.2', port: region.standIn.port };
    const opening = open('nothing', { cql });
    await expect(opening).rejects.toMatchObject({
      name: 'OperatorError',
      faults: [{ found: expect.stringMatching(/altnames|does not match/i) }],
    });
  });
});

describe('temporary credentials', () => {
  const users = [{ ...aUser, accessKeyId: 'ASIAFIRST', sessionToken: 'first' }];
  const folder = mkdtempSync(join(tmpdir(), 'cdcmig-session-'));
  let own: RehearsedRegion;

  /** What a single sign-on would answer with from now on, for another minute each time. */
  function give({ accessKeyId, secretAccessKey, sessionToken }: (typeof users)[number]): void {
    const Expiration = new Date(Date.now() + 60_000).toISOString();
    const keys = { Version: 1, AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey };
    writeFileSync(join(folder, 'keys.json'), JSON.stringify({ ...keys, SessionToken: sessionToken, Expiration }));
  }

  beforeAll(async () => {
    writeFileSync(join(folder, 'config'), `[profile mover]\ncredential_process = cat ${join(folder, 'keys.json')}\n`);
    vi.stubEnv('AWS_CONFIG_FILE', join(folder, 'config'));
    own = await aRehearsedRegion(inject('sandbox'), { users });
  });

  afterAll(async () => {
    await own?.close();
    rmSync(folder, { recursive: true });
  });

  test('that have been exchanged are used as soon as connections break, and nobody notices', async () => {
    give(users[0]!);
    const connection = { queriesPerSecond: 1, patienceMs: 20_000, profile: 'mover' };
    const target = await openTargetKeyspaces({ ...own.endpoint, ...connection, keyspace: 'nothing' });
    expect(await target.exists()).toBe(false);
    const next = { ...users[0]!, accessKeyId: 'ASIANEXT', sessionToken: 'next' };
    give(next);
    users.push(next);
    expect(await askedWhileConnectionsBreak(target, own.standIn.faults)).toBe(false);
    // Only what was fetched since lets anybody in.
    users.shift();
    expect(await askedWhileConnectionsBreak(target, own.standIn.faults)).toBe(false);
    await target.close();
    // The first ones are good for nothing any more.
    give({ ...next, accessKeyId: 'ASIAFIRST', sessionToken: 'first' });
    const opening = openTargetKeyspaces({ ...own.endpoint, ...connection, keyspace: 'nothing' });
    await expect(opening).rejects.toMatchObject({ name: 'OperatorError' });
  });
});

async function askedWhileConnectionsBreak(target: TargetKeyspace, faults: FaultSwitches): Promise<boolean> {
  faults.change({ resets: 1 });
  const asking = target.exists();
  setTimeout(() => faults.change({ resets: 0 }), 1_000);
  return asking;
}

describe('a row that is older than the window', () => {
  const keyspace = `ks_window_${process.pid}`;
  const insert = `INSERT INTO ${keyspace}.t (id, a) VALUES (?, ?) USING TIMESTAMP ? AND TTL ?`;
  const micros = (value: bigint) => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64BE(value);
    return bytes;
  };
  const hourMicros = 3_600_000_000n;

  test('is refused with its own write time, and taken with the floor of its reading', async () => {
    const target = await open(keyspace);
    await target.define([aKeyspaceDefinition(keyspace), aTableDefinition(keyspace)]);
    const now = BigInt(Date.now()) * 1000n;
    const write = (id: number, at: bigint) =>
      target.write({ cql: insert, values: [int(id), text('x'), micros(at), int(0)] });
    await expect(write(1, now - 72n * hourMicros)).rejects.toMatchObject({ failure: 'refused' });
    await expect(write(1, now + hourMicros)).rejects.toMatchObject({ failure: 'refused' });
    await write(1, now - 44n * hourMicros);
    await target.close();
  });
});
