import { endProcess, pidFilesIn, runningProcess } from '../known-process.ts';
import type { DemoFolder } from './demo-folder.ts';

const graceMs = 10_000;

/** Ends whatever of a demo runs beside its servers: the application, commands, workers and agents, of this run or an earlier. */
export async function endAll({ run, workers, agents }: DemoFolder): Promise<void> {
  const known = [run, workers, ...agents].flatMap(pidFilesIn).flatMap((file) => runningProcess(file) ?? []);
  await Promise.all(known.map((one) => endProcess(one, graceMs)));
}
