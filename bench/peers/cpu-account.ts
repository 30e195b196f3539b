import { cpuSecondsOf, machineSeconds } from '../support/cpu-seconds.ts';

/** Who used the machine's cores, seconds; all of them together are its cores times the time that passed. */
export interface CpuAccount {
  readonly ofServers: Readonly<Record<string, number>>;
  /** Of all else: the client, other programs, and the kernel's own work. */
  readonly ofOthers: number;
  readonly idle: number;
}

/** Begins to count for the processes of these names and numbers; what is answered ends it. */
export function openCpuAccount(servers: Readonly<Record<string, number>>): () => CpuAccount {
  const before = lookAt(servers);
  return () => {
    const after = lookAt(servers);
    const ofServers = Object.fromEntries(
      Object.keys(servers).map((name) => [name, after.servers[name]! - before.servers[name]!]),
    );
    const known = Object.values(ofServers).reduce((sum, seconds) => sum + seconds, 0);
    return {
      ofServers,
      ofOthers: after.machine.busy - before.machine.busy - known,
      idle: after.machine.idle - before.machine.idle,
    };
  };
}

function lookAt(servers: Readonly<Record<string, number>>) {
  const seconds = Object.entries(servers).map(([name, pid]) => [name, cpuSecondsOf(pid)] as const);
  return { servers: Object.fromEntries(seconds), machine: machineSeconds() };
}
