import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { OperatorError } from '../../src/errors.ts';
import type { DetachedProcess, NodeShell } from '../../src/ports/node-shell.ts';

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
