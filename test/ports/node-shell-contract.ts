import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { OperatorError } from '../../src/errors.ts';
import type { DetachedProcess, NodeShell, Upload } from '../../src/ports/node-shell.ts';

export interface ShellUnderTest {
  readonly shell: NodeShell;
  /** An empty folder on the node that the shell reaches. */
  readonly folder: string;
  readonly close: () => Promise<void>;
}

/** What every NodeShell does. The shell must be opened with a stop grace of at most two seconds. */
export function nodeShellContract(name: string, open: () => Promise<ShellUnderTest>): void {
  describe(`${name} keeps the contract of NodeShell`, () => {
    let under: ShellUnderTest;
    let started: DetachedProcess[];

    beforeEach(async () => {
      under = await open();
      started = [];
    });

    afterEach(async () => {
      for (const process of started) await under.shell.stop(process);
      await under.close();
    });

    function aProcess(script: string, more: Partial<DetachedProcess> = {}): DetachedProcess {
      const at = `${under.folder}/p${started.length}`;
      const process = { command: 'sh', arguments: ['-c', script], logFile: `${at}.log`, pidFile: `${at}.pid`, ...more };
      started.push(process);
      return process;
    }

    async function eventually<T>(read: () => Promise<T>, isGood: (value: T) => boolean): Promise<T> {
      for (let attempt = 0; attempt < 100; attempt++) {
        const value = await read();
        if (isGood(value)) return value;
        await sleep(50);
      }
      return read();
    }

    it('a file that was written is read back whole, whatever is in it', async () => {
      const content = `first 'line' "quoted" $HOME \\ \`x\`\n\tzweite Zeile: ä€😀\n`;
      await under.shell.writeFile(`${under.folder}/file`, content);
      expect(await under.shell.readFile(`${under.folder}/file`)).toBe(content);
    });

    it('writing again replaces the file and leaves nothing beside it', async () => {
      await under.shell.makeFolder(`${under.folder}/only`);
      await under.shell.writeFile(`${under.folder}/only/file`, 'a long first content');
      await under.shell.writeFile(`${under.folder}/only/file`, '');
      expect(await under.shell.readFile(`${under.folder}/only/file`)).toBe('');
      const lister = aProcess(`ls ${under.folder}/only; echo end`);
      await under.shell.ensureRunning(lister);
      const log = await eventually(
        () => under.shell.readFile(lister.logFile),
        (text) => text?.includes('end') ?? false,
      );
      expect(log).toBe('file\nend\n');
    });

    it('a file that is not there reads as undefined', async () => {
      expect(await under.shell.readFile(`${under.folder}/nothing/here`)).toBeUndefined();
    });

    it('a folder is made with its parents, and making it again is no error', async () => {
      await under.shell.makeFolder(`${under.folder}/a/b/c`);
      await under.shell.makeFolder(`${under.folder}/a/b/c`);
      await under.shell.writeFile(`${under.folder}/a/b/c/file`, 'x');
      expect(await under.shell.readFile(`${under.folder}/a/b/c/file`)).toBe('x');
    });

    it('writing where nothing can be written is told to the operator', async () => {
      await under.shell.writeFile(`${under.folder}/file`, 'x');
      await expect(under.shell.writeFile(`${under.folder}/file/below`, 'x')).rejects.toThrow(OperatorError);
    });

    it('a file that is replaced keeps its mode', async () => {
      const path = `${under.folder}/file`;
      await under.shell.writeFile(path, 'one');
      await under.shell.run(['chmod', '600', path]);
      await under.shell.writeFile(path, 'two');
      expect((await under.shell.run(['stat', '-c', '%a', path])).stdout).toBe('600\n');
    });

    it('a command’s end is told with its code and what it printed, also when it failed', async () => {
      expect(await under.shell.run(['sh', '-c', 'echo out; echo err >&2; exit 3'])).toEqual({
        code: 3,
        stdout: 'out\n',
        stderr: 'err\n',
      });
    });

    it('a command gets its parameters as they are and its input whole', async () => {
      const odd = ['a b', `it's`, '"$HOME"', 'ü\n\\', '', '*', '`id`'];
      expect((await under.shell.run(['printf', '<%s>', ...odd])).stdout).toBe(odd.map((word) => `<${word}>`).join(''));
      const input = Buffer.alloc(3_000_000, 'zeile\n');
      expect((await under.shell.run(['wc', '-c'], { input })).stdout.trim()).toBe('3000000');
      expect((await under.shell.run(['cat'], { input: 'ä€😀' })).stdout).toBe('ä€😀');
    });

    it('a command that does not read its input may end before it was given', async () => {
      expect(await under.shell.run(['true'], { input: Buffer.alloc(3_000_000) })).toMatchObject({ code: 0 });
    });

    it('a program that is not there ends with 127', async () => {
      expect(await under.shell.run(['no-such-program-anywhere'])).toMatchObject({
        code: 127,
        stderr: expect.stringContaining('not found'),
      });
    });

    it('a command is given up when the signal says so', async () => {
      const stop = new AbortController();
      const running = under.shell.run(['sh', '-c', 'sleep 10; true'], { signal: stop.signal });
      stop.abort(new Error('given up'));
      await expect(running).rejects.toThrow('given up');
    });

    describe('a file from this machine', () => {
      let local: string;
      const content = randomBytes(300_000);
      const sha256 = createHash('sha256').update(content).digest('hex');

      beforeEach(async () => {
        local = await mkdtemp(join(tmpdir(), 'cdcmig-upload-'));
        await writeFile(join(local, 'from'), content);
      });

      afterEach(() => rm(local, { recursive: true }));

      const upload = (more: Partial<Upload> = {}) =>
        under.shell.upload({ from: join(local, 'from'), sha256, to: `${under.folder}/to`, mode: '755', ...more });

      it('arrives byte for byte with its mode, and is not sent again', async () => {
        expect(await upload()).toBe('uploaded');
        expect(await under.shell.digestOf(`${under.folder}/to`)).toBe(sha256);
        await under.shell.run(['chmod', '600', `${under.folder}/to`]);
        expect(await upload()).toBe('was there');
        expect((await under.shell.run(['stat', '-c', '%a', `${under.folder}/to`])).stdout).toBe('755\n');
      });

      it('takes the place of another file, of which nothing is left', async () => {
        await under.shell.writeFile(`${under.folder}/to`, 'x'.repeat(400_000));
        expect(await upload()).toBe('uploaded');
        expect(await under.shell.digestOf(`${under.folder}/to`)).toBe(sha256);
        expect((await under.shell.run(['ls', under.folder])).stdout).toBe('to\n');
      });

      it('is not brought when it is not the one that was meant', async () => {
        await expect(upload({ sha256: '0'.repeat(64) })).rejects.toThrow(/another content/);
        expect((await under.shell.run(['ls', under.folder])).stdout).toBe('');
      });

      it('that cannot be written is told to the operator', async () => {
        await expect(upload({ to: `${under.folder}/no/such/folder` })).rejects.toThrow(OperatorError);
      });
    });

    it('a copy has the bytes and the mode of its original', async () => {
      const [from, to] = [`${under.folder}/from`, `${under.folder}/to`];
      await under.shell.run(['sh', '-c', `printf 'a\\377\\000b' >"$1"; chmod 640 "$1"`, 'sh', from]);
      await under.shell.writeFile(to, 'another');
      await under.shell.copyFile(from, to);
      expect(await under.shell.digestOf(to)).toBe(await under.shell.digestOf(from));
      expect((await under.shell.run(['stat', '-c', '%a', to])).stdout).toBe('640\n');
      await expect(under.shell.copyFile(`${under.folder}/nothing`, to)).rejects.toThrow(OperatorError);
      expect(await under.shell.digestOf(to)).toBe(await under.shell.digestOf(from));
    });

    it('a file that is not there has no digest, and removing it is no error', async () => {
      const path = `${under.folder}/file`;
      expect(await under.shell.digestOf(path)).toBeUndefined();
      await under.shell.removeFile(path);
      await under.shell.writeFile(path, '');
      expect(await under.shell.digestOf(path)).toMatch(/^e3b0c44298fc1c14/);
      await under.shell.removeFile(path);
      expect(await under.shell.digestOf(path)).toBeUndefined();
    });

    it('a process is started once, however often it is asked for', async () => {
      const process = aProcess('echo started; exec sleep 60');
      expect(await under.shell.isRunning(process)).toBe(false);
      expect(await under.shell.ensureRunning(process)).toBe('started');
      expect(await under.shell.ensureRunning(process)).toBe('was running');
      expect(await under.shell.isRunning(process)).toBe(true);
      const log = await eventually(
        () => under.shell.readFile(process.logFile),
        (text) => text !== '',
      );
      expect(log).toBe('started\n');
    });

    it('arguments arrive as they were given, blanks and quotes included', async () => {
      const odd = [`a b`, `it's`, '"$HOME"', 'ü', '', '*'];
      const process = aProcess('', { command: 'printf', arguments: ['<%s>', ...odd] });
      await under.shell.ensureRunning(process);
      const log = await eventually(
        () => under.shell.readFile(process.logFile),
        (text) => text !== '',
      );
      expect(log).toBe(odd.map((argument) => `<${argument}>`).join(''));
    });

    it('the environment reaches the process and neither its pid file nor its command line', async () => {
      const secret = 'a very secret value';
      const process = aProcess('echo "$SECRET"; tr "\\0" " " </proc/$$/cmdline; echo end; exec sleep 60', {
        environment: { SECRET: secret },
      });
      await under.shell.ensureRunning(process);
      const log = await eventually(
        () => under.shell.readFile(process.logFile),
        (text) => text?.includes('end\n') ?? false,
      );
      expect(log?.split(secret)).toHaveLength(2);
      expect(await under.shell.readFile(process.pidFile)).not.toContain(secret);
    });

    it('stderr and stdout of several starts are appended to one log', async () => {
      const process = aProcess('echo out; echo err >&2; exec sleep 60');
      for (let start = 0; start < 2; start++) {
        await under.shell.ensureRunning(process);
        await eventually(
          () => under.shell.readFile(process.logFile),
          (text) => text?.length === (start + 1) * 8,
        );
        await under.shell.stop(process);
      }
      expect(await under.shell.readFile(process.logFile)).toBe('out\nerr\nout\nerr\n');
    });

    it('a stopped process is gone, and stopping it again is no error', async () => {
      const process = aProcess('exec sleep 60');
      await under.shell.ensureRunning(process);
      await under.shell.stop(process);
      expect(await under.shell.isRunning(process)).toBe(false);
      await under.shell.stop(process);
      expect(await under.shell.ensureRunning(process)).toBe('started');
    });

    it('a process that ignores SIGTERM is killed after the grace', async () => {
      const process = aProcess('trap "" TERM; echo deaf; while :; do sleep 0.1; done');
      await under.shell.ensureRunning(process);
      await eventually(
        () => under.shell.readFile(process.logFile),
        (text) => text !== '',
      );
      await under.shell.stop(process);
      expect(await under.shell.isRunning(process)).toBe(false);
    });

    it('a process that ended by itself does not run, and is started again', async () => {
      const process = aProcess('echo once');
      await under.shell.ensureRunning(process);
      expect(
        await eventually(
          () => under.shell.isRunning(process),
          (isRunning) => !isRunning,
        ),
      ).toBe(false);
      expect(await under.shell.ensureRunning(process)).toBe('started');
    });

    it('a pid file left by a process that is no more is not believed', async () => {
      const process = aProcess('exec sleep 60');
      await under.shell.ensureRunning(process);
      const left = (await under.shell.readFile(process.pidFile))!;
      await under.shell.stop(process);
      await under.shell.writeFile(process.pidFile, left);
      expect(await under.shell.isRunning(process)).toBe(false);
      expect(await under.shell.ensureRunning(process)).toBe('started');
    });

    it('a process with other arguments under the same pid file is not this process, and not started beside it', async () => {
      const first = aProcess('exec sleep 60');
      await under.shell.ensureRunning(first);
      const second = { ...first, arguments: ['-c', 'exec sleep 61'] };
      expect(await under.shell.isRunning(second)).toBe(false);
      await expect(under.shell.ensureRunning(second)).rejects.toThrow(/sleep 60.*stop that process first/s);
      await under.shell.stop(second);
      expect(await under.shell.isRunning(first)).toBe(false);
    });

    it('a command that does not exist is told to the operator', async () => {
      const process = aProcess('', { command: `${under.folder}/no-such-program`, arguments: [] });
      await expect(under.shell.ensureRunning(process)).rejects.toThrow(OperatorError);
      expect(await under.shell.isRunning(process)).toBe(false);
    });

    it('a call whose signal has fired does nothing', async () => {
      const signal = AbortSignal.abort(new Error('given up'));
      const process = aProcess('exec sleep 60');
      await expect(under.shell.ensureRunning(process, signal)).rejects.toThrow();
      expect(await under.shell.isRunning(process)).toBe(false);
    });
  });
}
