import { readFileSync } from 'node:fs';

/** Linux counts in hundredths of a second, whatever the kernel's own clock is. */
const ticksPerSecond = 100;

/** User and system time of a process with all its threads until now. */
export function cpuSecondsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

/** Of all cores until now. */
export function machineSeconds(): { readonly busy: number; readonly idle: number } {
  const [, ...ticks] = readFileSync('/proc/stat', 'utf8').split('\n')[0]!.split(/\s+/);
  // What guests take is counted as user time as well.
  const [user, nice, system, idle, waiting, ...interrupts] = ticks.slice(0, 8).map((each) => Number(each));
  const busy = [user!, nice!, system!, ...interrupts].reduce((sum, each) => sum + each, 0);
  return { busy: busy / ticksPerSecond, idle: (idle! + waiting!) / ticksPerSecond };
}
