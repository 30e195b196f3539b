import { readFile } from 'node:fs/promises';
import { type PidRecord, startScript } from './pid-file.ts';

/**
 * Whether the process of this record runs. Its command line is not asked: a launcher that ends in `exec`, or a program
 * that sets its title, has another one, while pid, start and boot together are never given twice.
 */
export async function isAlive(record: PidRecord, read = readOrNothing): Promise<boolean> {
  const [stat, bootId] = await Promise.all([read(`/proc/${record.pid}/stat`), read('/proc/sys/kernel/random/boot_id')]);
  if (stat === undefined || bootId?.trim() !== record.bootId) return false;
  const { state, startTicks } = parseStat(stat);
  return startTicks === record.startTicks && state !== 'Z' && state !== 'X';
}

/** Whether the process still is the starting shell, which has yet to become the command. */
export async function isStarting(pid: number): Promise<boolean> {
  const commandLine = await readOrNothing(`/proc/${pid}/cmdline`);
  return commandLine?.startsWith(`sh\0-c\0${startScript}\0`) ?? false;
}

async function readOrNothing(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(() => undefined);
}

function parseStat(stat: string): { state: string | undefined; startTicks: string | undefined } {
  // The name of a process may hold blanks and brackets.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0], startTicks: fields[19] };
}
