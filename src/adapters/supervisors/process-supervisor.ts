import { nicedCommand } from '../../model/niced-command.ts';
import type { DetachedProcess, NodeShell } from '../../ports/node-shell.ts';
import type { Service, Supervisor } from '../../ports/supervisor.ts';

/** Services as plain processes, known by their pid files. One that dies, or whose machine starts anew, waits for ensureRunning. */
export function processSupervisor(shell: NodeShell): Supervisor {
  return {
    async ensureRunning(service, signal) {
      const niced = nicedProcess(service);
      const other =
        (await shell.readFile(service.pidFile, signal)) !== undefined && !(await shell.isRunning(niced, signal));
      // Stops what runs by another definition, and clears the pid file of what has ended.
      if (other) await shell.stop(niced, signal);
      return shell.ensureRunning(niced, signal);
    },
    isRunning: (service, signal) => shell.isRunning(nicedProcess(service), signal),
    stop: (service, signal) => shell.stop(nicedProcess(service), signal),
    remove: (service, signal) => shell.stop(nicedProcess(service), signal),
    definitionFiles: () => [],
  };
}

function nicedProcess(service: Service): DetachedProcess {
  const { logFile, pidFile } = service;
  return { ...nicedCommand(service), logFile, pidFile };
}
