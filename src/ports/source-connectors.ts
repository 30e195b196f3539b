import type { ConnectorDefinition, ConnectorInstance, FoundConnector } from '../model/connector-definition.ts';

/** On this machine. */
export interface LocalArchive {
  readonly path: string;
  /** Hexadecimal, of the whole file. */
  readonly sha256: string;
}

/** The source connectors of one namespace, run by Pulsar's functions worker. Every method waits for a worker that is starting. */
export interface SourceConnectors {
  /** Undefined where there is none of that name. */
  read(name: string, signal?: AbortSignal): Promise<FoundConnector | undefined>;
  /**
   * With this archive, or with the one that is built into the worker. May be repeated: one that is there stays as it is, so read it
   * back. OperatorError for an archive with another digest, of which nothing is sent.
   */
  create(definition: ConnectorDefinition, archive: LocalArchive | undefined, signal?: AbortSignal): Promise<void>;
  /** One for each that the worker knows of; fewer than its parallelism while it is being started. */
  instances(name: string, signal?: AbortSignal): Promise<readonly ConnectorInstance[]>;
}
