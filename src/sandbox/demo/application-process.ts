import { OperatorError } from '../../errors.ts';
import type { ApplicationCounts } from './application.ts';
import { startChild } from './child.ts';
import type { DemoFolder } from './demo-folder.ts';

export interface ApplicationProcess {
  /** Asks it to stop writing; answers what it wrote. */
  stop(): Promise<ApplicationCounts>;
}

/** Starts the application as a process of its own; `command` prints its counts as its last line. */
export function startApplication(command: readonly [string, ...string[]], folder: DemoFolder): ApplicationProcess {
  let lastLine = '';
  const child = startChild({
    name: 'application',
    folder,
    command,
    onLine: (line) => {
      lastLine = line;
    },
  });
  return {
    async stop() {
      const { exitCode, lastWords } = await child.stop();
      if (exitCode === 0) return JSON.parse(lastLine) as ApplicationCounts;
      throw new OperatorError({
        expected: 'the application to write until it is asked to stop',
        found: lastWords || `it ended with ${exitCode}`,
        next: `read ${child.logFile}`,
      });
    },
  };
}
