import { mkdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** Where a demo keeps what. All of it may be removed when nothing of it runs. */
export interface DemoFolder {
  readonly dir: string;
  readonly sandbox: string;
  readonly configFile: string;
  /** Each agent's own, in the order of the nodes; on the filesystem of the nodes' commit logs. */
  readonly agents: readonly string[];
  readonly workers: string;
  /** What every started program printed. */
  readonly logs: string;
  /** Pid files of what the demo started itself. */
  readonly run: string;
}

export function demoFolder(text: string): DemoFolder {
  const dir = resolve(text);
  const inside = (name: string) => join(dir, name);
  return {
    dir,
    sandbox: inside('sandbox'),
    configFile: inside('cdcmig.yaml'),
    agents: ['agent-1', 'agent-2', 'agent-3'].map(inside),
    workers: inside('workers'),
    logs: inside('logs'),
    run: inside('run'),
  };
}

/** Removes what an earlier demo left, other than its sandbox. */
export function emptyFolder({ agents, workers, logs, run }: DemoFolder): void {
  for (const path of [...agents, workers, logs, run]) rmSync(path, { recursive: true, force: true });
  for (const path of [logs, run]) mkdirSync(path, { recursive: true });
}
