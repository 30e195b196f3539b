import { expect, test } from 'vitest';
import { statusTable } from '../../commands/sandbox.ts';
import { aSandbox } from '../support/a-sandbox.ts';

test('the table names each server, its version, its address and its condition', () => {
  const table = statusTable({
    dir: '/sandbox',
    sandbox: aSandbox({ cassandra: '4.1' }),
    servers: [
      { name: 'source-1', condition: 'ready', pid: 17, endpoint: '127.70.1.11:9042' },
      { name: 'target', condition: 'died', pid: null, endpoint: '127.70.1.21:9042' },
      { name: 'keyspaces', condition: 'ready', pid: 18, endpoint: '127.0.0.1:24000' },
    ],
  });
  expect(table).toBe(
    'source-1   Cassandra 4.1  127.70.1.11:9042  pid 17  ready\n' +
      'target     Cassandra 5.0  127.70.1.21:9042          died\n' +
      'keyspaces  a stand-in     127.0.0.1:24000   pid 18  ready\n',
  );
});

test('a folder without a sandbox gets a sentence', () => {
  expect(statusTable({ dir: '/x', sandbox: null, servers: [] })).toBe(
    'no sandbox in /x; cdcmig sandbox up makes one\n',
  );
});
