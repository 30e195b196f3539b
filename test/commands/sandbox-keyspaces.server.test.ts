import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { expect, inject, test } from 'vitest';

const program = join(import.meta.dirname, '..', '..', 'bin', 'cdcmig.ts');

function keyspaces(...options: readonly string[]) {
  const child = spawn(process.execPath, [program, 'sandbox', 'keyspaces', ...options], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let errors = '';
  child.stderr.on('data', (chunk) => {
    errors += chunk;
  });
  return { child, errors: () => errors };
}

test('the command says where it listens, serves until Ctrl-C and ends without an error', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'stand-in-command-'));
  const { address, cqlPort } = inject('sandbox').target;
  const { child, errors } = keyspaces('--dir', dir, '--backing', `${address}:${cqlPort}`, '--port', '0', '--json');
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const facts = JSON.parse(line.toString()) as Record<string, string>;
  const [host, port] = facts.endpoint!.split(':');
  const socket = connect({ host, port: Number(port), ca: readFileSync(facts.caFile!) });
  await once(socket, 'secureConnect');
  socket.destroy();
  expect((await fetch(`${facts.metricsUrl}/faults`)).status).toBe(200);
  child.kill('SIGINT');
  expect(await once(child, 'exit')).toEqual([0, null]);
  expect(errors()).toBe('');
  rmSync(dir, { recursive: true });
});

test('without a sandbox it says what to do', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'stand-in-command-'));
  const { child, errors } = keyspaces('--dir', dir);
  expect(await once(child, 'exit')).toEqual([1, null]);
  expect(errors()).toContain('--backing host:port');
  rmSync(dir, { recursive: true });
});
