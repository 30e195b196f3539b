import { spawn } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { localShell } from '../../../src/adapters/local-shell/local-shell.ts';
import type { DetachedProcess } from '../../../src/ports/node-shell.ts';
import { nodeShellContract } from '../../ports/node-shell-contract.ts';

const stopGraceMs = 500;

nodeShellContract('localShell', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'cdcmig-shell-'));
  return { shell: localShell({ stopGraceMs }), folder, close: () => rm(folder, { recursive: true }) };
});

describe('localShell', () => {
  let folder: string;
  let process_: DetachedProcess;
  const shell = localShell({ stopGraceMs });

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cdcmig-shell-'));
    process_ = { command: 'sleep', arguments: ['60'], logFile: join(folder, 'log'), pidFile: join(folder, 'pid') };
  });

  afterEach(async () => {
    await shell.stop(process_);
    await rm(folder, { recursive: true });
  });

  it('a pid that now belongs to another process is neither believed nor killed', async () => {
    await shell.ensureRunning(process_);
    const text = await readFile(process_.pidFile, 'utf8');
    await shell.stop(process_);
    const bystander = spawn('sleep', ['61'], { stdio: 'ignore' });
    await writeFile(process_.pidFile, text.replace(/^\d+/, `${bystander.pid}`));
    expect(await shell.isRunning(process_)).toBe(false);
    await shell.stop(process_);
    expect(bystander.exitCode ?? bystander.signalCode).toBeNull();
    bystander.kill();
  });

  it('the same command with the same pid but another start is another process', async () => {
    await shell.ensureRunning(process_);
    const text = await readFile(process_.pidFile, 'utf8');
    const [pid, ticks, ...rest] = text.split('\n');
    await writeFile(process_.pidFile, `${pid}\n${Number(ticks) - 1}\n${rest.join('\n')}`);
    expect(await shell.isRunning(process_)).toBe(false);
    await writeFile(process_.pidFile, text);
    expect(await shell.isRunning(process_)).toBe(true);
  });

  it('a script is recognised behind the interpreter that its first line names', async () => {
    const script = join(folder, 'agent.sh');
    await writeFile(script, '#!/bin/sh\nwhile :; do sleep 0.1; done\n');
    await chmod(script, 0o755);
    process_ = { ...process_, command: script, arguments: ['--node', 'a b'] };
    await shell.ensureRunning(process_);
    expect(await shell.isRunning(process_)).toBe(true);
    expect(await shell.ensureRunning(process_)).toBe('was running');
  });

  it('a pid file with foreign content is no process', async () => {
    await writeFile(process_.pidFile, 'not a pid file\n');
    expect(await shell.isRunning(process_)).toBe(false);
  });

  it('a process runs in a session of its own, so that it outlives the terminal', async () => {
    await shell.ensureRunning(process_);
    const pid = Number((await readFile(process_.pidFile, 'utf8')).split('\n')[0]);
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    const session = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[3];
    expect(Number(session)).toBe(pid);
  });
});
