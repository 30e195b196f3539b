import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { connect } from 'node:tls';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import type { StandInFacts } from '../../src/sandbox/keyspaces/stand-in-facts.ts';
import {
  killStandInProcess,
  standInStatus,
  startStandInProcess,
  stopStandInProcess,
} from '../../src/sandbox/stand-in-process.ts';

const dir = mkdtempSync(join(tmpdir(), 'stand-in-process-'));
const program = [process.execPath, resolve('bin/cdcmig.ts')] as const;
let facts: StandInFacts;

const start = (...more: readonly string[]) => {
  const { address, cqlPort } = inject('sandbox').target;
  return startStandInProcess({ dir, program, options: ['--backing', `${address}:${cqlPort}`, ...more] });
};

beforeAll(async () => {
  expect(standInStatus(dir)).toBeUndefined();
  facts = await start();
});

afterAll(async () => {
  await stopStandInProcess(dir);
  rmSync(dir, { recursive: true });
});

test('it serves when it has been started, with facts that only its owner may read', async () => {
  await answers(facts);
  expect(standInStatus(dir)).toMatchObject({ condition: 'ready', facts });
  expect(statSync(join(dir, 'keyspaces', 'facts.json')).mode & 0o077).toBe(0);
});

test('started once more it is left as it is', async () => {
  const { pid } = standInStatus(dir)!;
  expect(await start()).toEqual(facts);
  expect(standInStatus(dir)?.pid).toBe(pid);
});

test('killed it has died, and comes back where its clients look for it', async () => {
  await killStandInProcess(dir);
  expect(standInStatus(dir)).toMatchObject({ condition: 'died', pid: null });
  expect(await start()).toEqual(facts);
  await answers(facts);
});

test('stopped it is stopped, and nothing is left to stop', async () => {
  expect(await stopStandInProcess(dir)).toBe(true);
  expect(standInStatus(dir)).toMatchObject({ condition: 'stopped', pid: null });
  expect(await stopStandInProcess(dir)).toBe(false);
});

test('one that cannot start says where to read why', async () => {
  await expect(start('--fault', 'noSuchFault=1')).rejects.toMatchObject({
    name: 'OperatorError',
    faults: [{ found: 'its process ended', next: `read ${join(dir, 'keyspaces', 'server.log')}` }],
  });
  expect(readFileSync(join(dir, 'keyspaces', 'server.log'), 'utf8')).toContain('noSuchFault');
});

/** Resolves once TLS stands, with a certificate of the CA that the facts name. */
async function answers({ endpoint, caFile }: StandInFacts): Promise<void> {
  const [host, port] = endpoint.split(':');
  const socket = connect({ host, port: Number(port), ca: readFileSync(caFile) });
  await new Promise((done, failed) => socket.once('secureConnect', done).once('error', failed));
  socket.destroy();
}
