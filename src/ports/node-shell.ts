export interface DetachedProcess {
  readonly command: string;
  readonly arguments: readonly string[];
  /** stdout and stderr are appended here. */
  readonly logFile: string;
  /** Holds the process's id while it runs; how the process is found again. */
  readonly pidFile: string;
  /** Added to the environment; the place for what must not be seen on a command line. */
  readonly environment?: Readonly<Record<string, string>>;
}

/**
 * Files and processes on one source node. Every method may be repeated. A process is known by its pid file and only
 * believed to run while the process of that id was started with that pid file's command.
 */
export interface NodeShell {
  /** What this shell reaches, for messages. */
  readonly name: string;
  makeFolder(path: string, signal?: AbortSignal): Promise<void>;
  /** Writes the whole file or leaves the old one. */
  writeFile(path: string, content: string, signal?: AbortSignal): Promise<void>;
  /** Undefined when there is no such file. */
  readFile(path: string, signal?: AbortSignal): Promise<string | undefined>;
  /** Starts it if it does not run already; answers whether it had to. */
  ensureRunning(process: DetachedProcess, signal?: AbortSignal): Promise<'started' | 'was running'>;
  isRunning(process: DetachedProcess, signal?: AbortSignal): Promise<boolean>;
  /** SIGTERM, then SIGKILL after a grace; nothing to do is not an error. */
  stop(process: DetachedProcess, signal?: AbortSignal): Promise<void>;
  close(): Promise<void>;
}
