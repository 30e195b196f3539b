import { expect, inject, test } from 'vitest';
import { isCqlReady, seesAllPeers } from '../../src/sandbox/probe-cql.ts';
import { isPulsarReady } from '../../src/sandbox/probe-pulsar.ts';
import { sandboxStatus } from '../../src/sandbox/sandbox-status.ts';

const sandbox = inject('sandbox');

test('running servers are ready', async () => {
  expect(await isCqlReady(sandbox.source[0]!)).toBe(true);
  expect(await isCqlReady(sandbox.target)).toBe(true);
  expect(await isPulsarReady(sandbox.pulsar)).toBe(true);
});

test('a port on which nobody listens is not ready', async () => {
  expect(await isCqlReady({ address: '127.0.0.1', cqlPort: 1 })).toBe(false);
  expect(await isPulsarReady({ adminUrl: 'http://127.0.0.1:1' })).toBe(false);
});

test('a server that speaks another protocol is not ready', async () => {
  expect(await isCqlReady({ address: sandbox.pulsar.address, cqlPort: sandbox.pulsar.webPort }, 500)).toBe(false);
  const { address, cqlPort } = sandbox.target;
  expect(await isPulsarReady({ adminUrl: `http://${address}:${cqlPort}` }, 500)).toBe(false);
});

test('a lone node does not see three replicas', async () => {
  expect(await seesAllPeers(sandbox.source[0]!)).toBe(false);
});

test('the status shows every server with its own endpoint', async () => {
  const { servers } = await sandboxStatus(sandbox.dir);
  expect(servers.map((server) => [server.name, server.condition])).toEqual([
    ['source-1', 'ready'],
    ['target', 'ready'],
    ['pulsar', 'ready'],
  ]);
  expect(new Set(servers.map((server) => server.endpoint)).size).toBe(3);
});
