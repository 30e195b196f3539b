import type { CommandLine, DetachedProcess, NodeShell, RunOptions } from '../../ports/node-shell.ts';
import { isOf, readPidRecord, runsOther } from '../local-shell/known-process.ts';
import type { PidRecord } from '../local-shell/pid-file.ts';
import { stopProcess } from '../local-shell/stop-process.ts';
import { remoteFiles } from './remote-files.ts';
import { remoteProcessHands, startRemotely } from './remote-processes.ts';
import type { SshConnection } from './ssh-connection.ts';
import { type Become, endpointText } from './ssh-endpoint.ts';
import { becomeFault } from './ssh-faults.ts';

export interface SshShellOptions {
  readonly become: Become;
  /** Between SIGTERM and SIGKILL. */
  readonly stopGraceMs?: number;
}

/**
 * A node that is reached by SSH, with the rights of one user there. Needs a POSIX shell, sha256sum, stat, setsid and Linux's
 * /proc on it, and no SFTP. Several shells may share a connection; close() ends it for all of them.
 */
export function sshShell(connection: SshConnection, { become, stopGraceMs = 10_000 }: SshShellOptions): NodeShell {
  const name = endpointText(connection.endpoint);
  const run = withRights(connection, become);
  const files = remoteFiles({ name, run });
  const hands = remoteProcessHands({ name, run }, files.readFile);
  const runningRecord = async (asked: DetachedProcess, signal?: AbortSignal): Promise<PidRecord | undefined> => {
    const record = readPidRecord(await files.readFile(asked.pidFile, signal));
    return record && (await hands.isAlive(record)) ? record : undefined;
  };
  return {
    name,
    ...files,
    run,
    async ensureRunning(asked, signal) {
      const record = await runningRecord(asked, signal);
      if (record && !isOf(record, asked)) throw runsOther(asked, record);
      if (record) return 'was running';
      await startRemotely({ name, run }, asked, signal);
      return 'started';
    },
    isRunning: async (asked, signal) => isOf(await runningRecord(asked, signal), asked),
    async stop(asked, signal) {
      const record = await runningRecord(asked, signal);
      if (record) await stopProcess(record, stopGraceMs, signal, hands);
      await files.removeFile(asked.pidFile, signal);
    },
    close: connection.close,
  };
}

/** sudo is asked once whether it will, so that its refusal is not taken for a command's. */
function withRights(connection: SshConnection, become: Become): NodeShell['run'] {
  if (become.method === 'none') return connection.run;
  const sudo = ['sudo', '-n', '-u', become.user, '--'] as const;
  let asked: Promise<void> | undefined;
  const ask = async (signal?: AbortSignal) => {
    const { code, stderr } = await connection.run([...sudo, 'true'], { signal });
    if (code !== 0) throw becomeFault(connection.endpoint, become, stderr);
  };
  return async (command: CommandLine, options: RunOptions = {}) => {
    asked ??= ask(options.signal).catch((error) => {
      asked = undefined;
      throw error;
    });
    await asked;
    return connection.run([...sudo, ...command], options);
  };
}
