import { OperatorError } from '../../errors.ts';
import type { CommandLine, NodeShell } from '../../ports/node-shell.ts';
import type { Service, Supervisor } from '../../ports/supervisor.ts';
import { systemdUnit } from './systemd-unit.ts';

export interface SystemdOptions {
  readonly unitFolder?: string;
}

/** Services as units of systemd; `shell` must be allowed to write units and to call systemctl. */
export function systemdSupervisor(shell: NodeShell, options: SystemdOptions = {}): Supervisor {
  const { unitFolder = '/etc/systemd/system' } = options;
  const fileOf = ({ name }: Service) => `${unitFolder}/${name}.service`;
  const systemctl = (words: readonly string[], signal?: AbortSignal) => ask(shell, ['systemctl', ...words], signal);
  const isActive = async ({ name }: Service, signal?: AbortSignal) => {
    const { code } = await shell.run(['systemctl', 'is-active', '--quiet', `${name}.service`], { signal, reads: true });
    return code === 0;
  };
  // Of what we have stopped it is not asked again: where it was only shown, it runs.
  const stopped = new Set<string>();
  const stop = async (service: Service, signal?: AbortSignal) => {
    // Of a unit that is not there systemctl says so with another code than 0.
    if ((await shell.readFile(fileOf(service), signal)) !== undefined)
      await systemctl(['stop', `${service.name}.service`], signal);
    stopped.add(service.name);
  };
  return {
    async ensureRunning(service, signal) {
      const text = systemdUnit(service);
      const unit = `${service.name}.service`;
      const isDefined = (await shell.readFile(fileOf(service), signal)) === text;
      if (isDefined && !stopped.has(service.name) && (await isActive(service, signal))) return 'was running';
      if (!isDefined) await shell.writeFile(fileOf(service), text, signal);
      // Also for a unit that is defined: an earlier attempt may have ended between the writing and the reading.
      await systemctl(['daemon-reload'], signal);
      await systemctl(['enable', unit], signal);
      await systemctl(['restart', unit], signal);
      stopped.delete(service.name);
      return 'started';
    },
    isRunning: isActive,
    stop,
    async remove(service, signal) {
      const unit = `${service.name}.service`;
      if ((await shell.readFile(fileOf(service), signal)) === undefined) return;
      await systemctl(['disable', '--now', unit], signal);
      await shell.removeFile(fileOf(service), signal);
      await systemctl(['daemon-reload'], signal);
    },
    definitionFiles: (service) => [fileOf(service)],
  };
}

async function ask(shell: NodeShell, command: CommandLine, signal?: AbortSignal): Promise<void> {
  const { code, stderr } = await shell.run(command, { signal });
  if (code === 0) return;
  throw new OperatorError({
    expected: `${command.join(' ')} on ${shell.name} to succeed`,
    found: stderr.trim().split('\n').at(-1) || `exit code ${code}`,
    next: `look at systemctl status and journalctl -u ${command.at(-1)} there`,
  });
}
