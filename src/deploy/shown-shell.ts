import type { Report } from '../events.ts';
import { shellQuote } from '../model/shell-quote.ts';
import type { CommandLine, DetachedProcess, NodeShell } from '../ports/node-shell.ts';
import { textDiff } from './text-diff.ts';

/** Reads as the shell does, and shows what it would do instead of doing it: commands as they are run, files as they change. */
export function shownShell(shell: NodeShell, report: Report): NodeShell {
  const show = (text: string) =>
    report({ kind: 'planned-step', phase: 'deploy-agent', step: `on ${shell.name}: ${text}` });
  const command = (words: readonly string[]) => show(words.map(shellQuote).join(' '));
  const start = ({ command: program, arguments: parameters }: DetachedProcess) => command([program, ...parameters]);
  return {
    name: shell.name,
    readFile: shell.readFile,
    digestOf: shell.digestOf,
    isRunning: shell.isRunning,
    close: async () => {},
    async run(words: CommandLine, options) {
      if (options?.reads) return shell.run(words, options);
      command(words);
      return { code: 0, stdout: '', stderr: '' };
    },
    async makeFolder(path, signal) {
      const { code } = await shell.run(['test', '-d', path], { signal, reads: true });
      if (code !== 0) command(['mkdir', '-p', path]);
    },
    async writeFile(path, content, signal) {
      const before = (await shell.readFile(path, signal)) ?? '';
      for (const line of textDiff(before, content)) show(`${path} ${line}`);
    },
    async upload({ from, to, sha256, mode }, signal) {
      if ((await shell.digestOf(to, signal)) === sha256) return 'was there';
      show(`bring ${from} to ${to}, mode ${mode}, SHA-256 ${sha256}`);
      return 'uploaded';
    },
    copyFile: async (from, to) => command(['cp', '-p', from, to]),
    removeFile: async (path) => command(['rm', '-f', path]),
    async ensureRunning(process, signal) {
      if (await shell.isRunning(process, signal)) return 'was running';
      start(process);
      return 'started';
    },
    async stop(process, signal) {
      if (await shell.isRunning(process, signal)) show(`end the process of ${process.pidFile}`);
    },
  };
}
