import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { localShell } from '../../src/adapters/local-shell/local-shell.ts';
import { sshConnection } from '../../src/adapters/ssh/ssh-connection.ts';
import { sshShell } from '../../src/adapters/ssh/ssh-shell.ts';
import {
  changeFile,
  hasChanges,
  type KeptFiles,
  placeFile,
  readText,
  restoreFiles,
} from '../../src/deploy/kept-files.ts';
import type { NodeShell } from '../../src/ports/node-shell.ts';
import { startSshServer } from '../adapters/ssh/an-ssh-server.ts';

let folder: string;
let kept: KeptFiles;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cdcmig-kept-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  kept = { shell: localShell(), folder: join(folder, 'kept') };
  path = join(folder, 'cassandra.yaml');
  writeFileSync(path, 'original\n');
});

test('a changed file comes back with its bytes, its mode and its time', async () => {
  chmodSync(path, 0o640);
  utimesSync(path, 1_700_000_000, 1_700_000_000);
  await changeFile(kept, path, 'changed\n');
  expect(readFileSync(path, 'utf8')).toBe('changed\n');
  expect(await restoreFiles(kept)).toEqual([{ path, wasChanged: true }]);
  expect(readFileSync(path, 'utf8')).toBe('original\n');
  expect(statSync(path).mode & 0o777).toBe(0o640);
  expect(statSync(path).mtimeMs).toBe(1_700_000_000_000);
  expect(readdirSync(kept.folder)).toEqual([]);
});

test('of several changes the first original comes back', async () => {
  await changeFile(kept, path, 'changed\n');
  await changeFile(kept, path, 'changed again\n');
  await restoreFiles(kept);
  expect(readFileSync(path, 'utf8')).toBe('original\n');
});

test('a second change that was broken off before it was made can be made again, and undone', async () => {
  await changeFile(kept, path, 'changed\n');
  const writeFile: NodeShell['writeFile'] = async (to, text, signal) => {
    if (to === path) throw new Error('it broke');
    await kept.shell.writeFile(to, text, signal);
  };
  const breaking = { ...kept, shell: { ...kept.shell, writeFile } };
  await expect(changeFile(breaking, path, 'changed again\n')).rejects.toThrow('it broke');
  await expect(changeFile(breaking, path, 'changed a third time\n')).rejects.toThrow('it broke');
  expect(readFileSync(path, 'utf8')).toBe('changed\n');
  await changeFile(kept, path, 'changed a third time\n');
  await expect(changeFile(breaking, path, 'changed for the last time\n')).rejects.toThrow('it broke');
  expect(await restoreFiles(kept)).toEqual([{ path, wasChanged: true }]);
  expect(readFileSync(path, 'utf8')).toBe('original\n');
});

test('an original that is not what it was is not put back, and what is there stays', async () => {
  await changeFile(kept, path, 'changed\n');
  const [original] = readdirSync(kept.folder).filter((name) => name.endsWith('.original'));
  writeFileSync(join(kept.folder, original!), 'orig');
  await expect(restoreFiles(kept)).rejects.toThrow(/original.* to be what was kept.*found other bytes/);
  expect(readFileSync(path, 'utf8')).toBe('changed\n');
  rmSync(join(kept.folder, original!));
  await expect(restoreFiles(kept)).rejects.toThrow(/original.* to be what was kept.*found no such file/);
  expect(readFileSync(path, 'utf8')).toBe('changed\n');
});

test('a file that changes while it is copied is not changed by us', async () => {
  const copyFile: NodeShell['copyFile'] = async (from, to, signal) => {
    writeFileSync(from, 'by somebody else\n');
    await kept.shell.copyFile(from, to, signal);
  };
  await expect(changeFile({ ...kept, shell: { ...kept.shell, copyFile } }, path, 'changed\n')).rejects.toThrow(
    /cassandra\.yaml.* to stay as it is while it is copied/,
  );
  expect(readFileSync(path, 'utf8')).toBe('by somebody else\n');
  await changeFile(kept, path, 'changed\n');
  await restoreFiles(kept);
  expect(readFileSync(path, 'utf8')).toBe('by somebody else\n');
});

test('originals that cannot be looked at are not taken for none', async () => {
  await changeFile(kept, path, 'changed\n');
  const run: NodeShell['run'] = async (command, options) =>
    command.includes('ls')
      ? { code: 2, stdout: '', stderr: 'ls: kept: Permission denied' }
      : kept.shell.run(command, options);
  const closed = { ...kept, shell: { ...kept.shell, run } };
  await expect(restoreFiles(closed)).rejects.toThrow(/to look into .*kept.*found ls: kept: Permission denied/);
  await expect(hasChanges(closed)).rejects.toThrow(/Permission denied/);
});

test('a file that was placed where none was is gone, and one that took another’s place gives it back', async () => {
  const from = join(folder, 'agent.jar');
  writeFileSync(from, 'jar');
  const sha256 = createHash('sha256').update('jar').digest('hex');
  expect(await placeFile(kept, { from, to: join(folder, 'placed'), sha256, mode: '644' })).toBe('uploaded');
  expect(await placeFile(kept, { from, to: path, sha256, mode: '644' })).toBe('uploaded');
  expect(await placeFile(kept, { from, to: path, sha256, mode: '644' })).toBe('was there');
  expect(readFileSync(path, 'utf8')).toBe('jar');
  await restoreFiles(kept);
  expect(existsSync(join(folder, 'placed'))).toBe(false);
  expect(readFileSync(path, 'utf8')).toBe('original\n');
});

test('what somebody else has changed since is left alone, and everything else is put back all the same', async () => {
  const other = join(folder, 'other');
  writeFileSync(other, 'other\n');
  await changeFile(kept, path, 'changed\n');
  await changeFile(kept, other, 'changed\n');
  writeFileSync(path, 'changed, and by somebody else\n');
  await expect(restoreFiles(kept)).rejects.toThrow(/cassandra\.yaml.*somebody has changed it since/);
  await expect(changeFile(kept, path, 'again\n')).rejects.toThrow(/somebody has changed it since/);
  expect(readFileSync(path, 'utf8')).toBe('changed, and by somebody else\n');
  expect(readFileSync(other, 'utf8')).toBe('other\n');
});

test('nothing was kept: nothing to restore', async () => {
  expect(await restoreFiles(kept)).toEqual([]);
});

test('a file in another encoding is not changed', async () => {
  writeFileSync(path, Buffer.from([0x61, 0xff, 0x0a]));
  await expect(readText(kept, path)).rejects.toThrow(/UTF-8 in .*cassandra\.yaml/);
  expect(await readText(kept, join(folder, 'nothing'))).toBeUndefined();
});

describe.each(['before', 'before its end is told'] as const)('a connection that breaks %s', (cut) => {
  test('of any command of a change and of its undoing is gone on from, to the very bytes', async () => {
    let toCut = -1;
    const server = await startSshServer({ cutAt: (command) => (command === toCut ? cut : undefined) });
    const shell = sshShell(sshConnection(server.endpoint), { become: { method: 'none' } });
    onTestFinished(async () => {
      await shell.close();
      await server.close();
    });
    const remote = { shell, folder: kept.folder };
    const insistOn = async (work: () => Promise<unknown>) => {
      for (let command = 0; ; command++) {
        toCut = server.commands.length + command;
        const error = await work().catch((thrown: unknown) => thrown);
        const isOver = server.commands.length <= toCut;
        toCut = -1;
        if (isOver) return expect(error).toBeUndefined();
        expect(['original\n', 'changed\n']).toContain(readFileSync(path, 'utf8'));
      }
    };
    await insistOn(() => changeFile(remote, path, 'changed\n'));
    expect(readFileSync(path, 'utf8')).toBe('changed\n');
    await insistOn(async () => void (await restoreFiles(remote)));
    expect(readFileSync(path, 'utf8')).toBe('original\n');
    expect(readdirSync(kept.folder)).toEqual([]);
  });
});
