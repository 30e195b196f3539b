/** In the agent's folder. */
export const settingsFileName = 'agent.json';

/** What one agent is told; written by deploy-agent next to it as agent.json. Secrets are references, never values. */
export interface AgentSettings {
  /** Host id of the node whose log it reads. */
  readonly node: string;
  readonly mode: 'commitlog' | 'cdc';
  readonly commitLogDirectory: string;
  readonly cdcRawDirectory: string;
  /** The agent's own folder, on the same filesystem as the log: held segments, its position, its pid file. */
  readonly folder: string;
  /** Stop holding new segments, and say so, when the held ones exceed this. */
  readonly folderCapBytes: number;
  /** What the node allows cdc_raw; 0 where it does not tell. */
  readonly cdcTotalBytes: number;
  /** The node rejects writes when cdc_raw is full; otherwise it deletes the oldest segments. */
  readonly cdcBlocksWrites: boolean;
  readonly interlock: InterlockSettings;
  readonly changesPartitions: number;
  /** Tables whose records are published. */
  readonly wantedTableIds: readonly string[];
  /** The tables of the keyspace when this was written: a record of several tables is published if its first one is any of these. */
  readonly keyspaceTableIds: readonly string[];
  /** Counter tables of the keyspace: their records are counted and not published. */
  readonly counterTableIds: readonly string[];
  readonly canaryTableId: string;
  /** How long a write may be acknowledged before the log's marker chain shows it, milliseconds. */
  readonly visibilityDelayMs: number;
  readonly pulsar: PulsarSettings;
}

/** What was agreed for the time when segments come faster than Pulsar takes them. */
export interface InterlockSettings {
  /** wait: say so and delete nothing. release: delete the oldest segments unread, and book them as holes. */
  readonly atCritical: 'wait' | 'release';
  /** Shares of what segments may take, 0 to 1. */
  readonly warnAt: number;
  readonly criticalAt: number;
}

export interface PulsarSettings {
  readonly serviceUrl: string;
  readonly adminUrl: string;
  readonly tenant: string;
  readonly namespace: string;
  /** A reference such as `env:PULSAR_TOKEN` or `file:/path`. */
  readonly token?: string;
  readonly tlsCaFile?: string;
  /** Our certificate and its key, for brokers that ask for one. */
  readonly tlsCertFile?: string;
  readonly tlsKeyFile?: string;
  readonly oauth2?: PulsarOAuth2;
}

/** Tokens by the client credentials grant. */
interface PulsarOAuth2 {
  readonly issuerUrl: string;
  /** JSON with client_id and client_secret, as Pulsar's own clients take it. */
  readonly keyFile: string;
  readonly audience?: string | undefined;
  readonly scope?: string | undefined;
}
