import type { DetachedProcess } from './node-shell.ts';

/** A program that is to run on a node until it is told to stop. */
export interface Service extends Omit<DetachedProcess, 'environment'> {
  /** Letters, digits and dashes; a node has one service of a name. */
  readonly name: string;
  readonly description: string;
  /** As whom it runs; undefined: as who the supervisor is. */
  readonly user: string | undefined;
  /** 0 to 19. */
  readonly niceness: number;
  /** Its folder, where it runs. */
  readonly folder: string;
}

/** What keeps services running on one node. Every method may be repeated. */
export interface Supervisor {
  /** Starts it if it does not run already, and again if it runs by another definition; answers whether it had to. */
  ensureRunning(service: Service, signal?: AbortSignal): Promise<'started' | 'was running'>;
  isRunning(service: Service, signal?: AbortSignal): Promise<boolean>;
  /** It does not run; nothing to stop is not an error. */
  stop(service: Service, signal?: AbortSignal): Promise<void>;
  /** It does not run, and of its definition nothing is left. */
  remove(service: Service, signal?: AbortSignal): Promise<void>;
  /** Files outside of the service's folder that define it. */
  definitionFiles(service: Service): readonly string[];
}
