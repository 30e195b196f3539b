import { createHash } from 'node:crypto';
import type { Report } from '../events.ts';
import { shellQuote } from '../model/shell-quote.ts';
import type { CommandLine, DetachedProcess, NodeShell } from '../ports/node-shell.ts';
import { textDiff } from './text-diff.ts';

/**
 * What was shown of a node's paths so far: what is asked of them next must see it as done, or another thing would be shown than is done.
 * Shared by all shells of a node.
 */
export type ShownPaths = Map<string, ShownPath>;

type ShownPath =
  | { readonly kind: 'gone' | 'folder' }
  | { readonly kind: 'file'; readonly digest: string | undefined; readonly text?: string | undefined };

/** Reads as the shell does, and shows what it would do instead of doing it: commands as they are run, files as they change. */
export function shownShell(shell: NodeShell, report: Report, paths: ShownPaths = new Map()): NodeShell {
  const show = (text: string) =>
    report({ kind: 'planned-step', phase: 'deploy-agent', step: `on ${shell.name}: ${text}` });
  const command = (words: readonly string[]) => show(words.map(shellQuote).join(' '));
  const start = ({ command: program, arguments: parameters }: DetachedProcess) => command([program, ...parameters]);
  const reading = readingOf(shell, paths);
  return {
    ...reading,
    name: shell.name,
    close: async () => {},
    async run(words: CommandLine, options) {
      if (options?.reads) return reading.run(words, options);
      command(words);
      return { code: 0, stdout: '', stderr: '' };
    },
    async makeFolder(path, signal) {
      const { code } = await reading.run(['test', '-d', path], { signal, reads: true });
      if (code !== 0) command(['mkdir', '-p', path]);
      paths.set(path, { kind: 'folder' });
    },
    async writeFile(path, content, signal) {
      const before = await reading.readFile(path, signal);
      if (before === undefined && content === '') show(`${path} made, empty`);
      for (const line of textDiff(before ?? '', content)) show(`${path} ${line}`);
      paths.set(path, { kind: 'file', digest: createHash('sha256').update(content).digest('hex'), text: content });
    },
    async upload({ from, to, sha256, mode }, signal) {
      if ((await reading.digestOf(to, signal)) === sha256) return 'was there';
      show(`bring ${from} to ${to}, mode ${mode}, SHA-256 ${sha256}`);
      paths.set(to, { kind: 'file', digest: sha256 });
      return 'uploaded';
    },
    async copyFile(from, to, signal) {
      command(['cp', '-p', from, to]);
      const [digest, text] = [await reading.digestOf(from, signal), await reading.readFile(from, signal)];
      paths.set(to, { kind: 'file', digest, text });
    },
    async removeFile(path) {
      command(['rm', '-f', path]);
      paths.set(path, { kind: 'gone' });
    },
    async ensureRunning(process, signal) {
      if (await reading.isRunning(process, signal)) return 'was running';
      start(process);
      return 'started';
    },
    async stop(process, signal) {
      if (await reading.isRunning(process, signal)) show(`end the process of ${process.pidFile}`);
      paths.set(process.pidFile, { kind: 'gone' });
    },
  };
}

/** Asks the shell, but of what was shown. */
function readingOf(
  shell: NodeShell,
  paths: ShownPaths,
): Pick<NodeShell, 'readFile' | 'digestOf' | 'isRunning' | 'run'> {
  return {
    async readFile(path, signal) {
      const shown = paths.get(path);
      if (!shown) return shell.readFile(path, signal);
      return shown.kind === 'file' ? shown.text : undefined;
    },
    async digestOf(path, signal) {
      const shown = paths.get(path);
      if (!shown) return shell.digestOf(path, signal);
      return shown.kind === 'file' ? shown.digest : undefined;
    },
    isRunning: async (process, signal) => !paths.has(process.pidFile) && shell.isRunning(process, signal),
    async run(words, options) {
      const [program, , path = ''] = words;
      const shown = program === 'test' ? paths.get(path) : undefined;
      if (!shown) return shell.run(words, options);
      return { code: shown.kind === 'gone' ? 1 : 0, stdout: '', stderr: '' };
    },
  };
}
