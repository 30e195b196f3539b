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

/** A program and its arguments, run as they are: no shell reads them. */
export type CommandLine = readonly [program: string, ...parameters: string[]];

export interface RunOptions {
  /** All of its stdin; the place for what must not be seen on a command line. */
  readonly input?: string | Uint8Array;
  readonly signal?: AbortSignal | undefined;
  /** It changes nothing, so it is run also where it is only shown what would be done. */
  readonly reads?: boolean;
}

export interface EndedCommand {
  /** 127 where there is no such program. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Upload {
  /** On this machine. */
  readonly from: string;
  /** Hexadecimal, of the whole file. */
  readonly sha256: string;
  /** On the node. */
  readonly to: string;
  /** As for chmod, `755`. */
  readonly mode: string;
}

/**
 * Files and processes on one source node. Every method may be repeated. A process is known by its pid file and only
 * believed to run while the process of that id was started with that pid file's command.
 */
export interface NodeShell {
  /** What this shell reaches, for messages. */
  readonly name: string;
  makeFolder(path: string, signal?: AbortSignal): Promise<void>;
  /** Writes the whole file or leaves the old one, whose owner and mode it keeps. */
  writeFile(path: string, content: string, signal?: AbortSignal): Promise<void>;
  /** Brings the whole file with that digest, or leaves what was there; sends nothing if it is there already. */
  upload(file: Upload, signal?: AbortSignal): Promise<'uploaded' | 'was there'>;
  /** Byte for byte, with owner, mode and time; the whole file, or what was there. */
  copyFile(from: string, to: string, signal?: AbortSignal): Promise<void>;
  /** SHA-256, hexadecimal; undefined when there is no such file. */
  digestOf(path: string, signal?: AbortSignal): Promise<string | undefined>;
  /** Nothing to remove is not an error. */
  removeFile(path: string, signal?: AbortSignal): Promise<void>;
  /** Answers also for a command that fails. Throws where its end is not known: it may have run, so look before it is repeated. */
  run(command: CommandLine, options?: RunOptions): Promise<EndedCommand>;
  /** Undefined when there is no such file. */
  readFile(path: string, signal?: AbortSignal): Promise<string | undefined>;
  /** Starts it if it does not run already; answers whether it had to. */
  ensureRunning(process: DetachedProcess, signal?: AbortSignal): Promise<'started' | 'was running'>;
  isRunning(process: DetachedProcess, signal?: AbortSignal): Promise<boolean>;
  /** SIGTERM, then SIGKILL after a grace; nothing to do is not an error. */
  stop(process: DetachedProcess, signal?: AbortSignal): Promise<void>;
  close(): Promise<void>;
}
