/** A source connector of Pulsar's, without its secrets. */
export interface ConnectorDefinition {
  readonly tenant: string;
  readonly namespace: string;
  readonly name: string;
  readonly topicName: string;
  readonly parallelism: number;
  readonly configs: Readonly<Record<string, string | number | boolean>>;
  /** `builtin://name`; absent where an archive is uploaded. */
  readonly archive?: string;
}

/** What is not as it should be about one that is there: `what: found, not wanted`. Settings that it has beside ours are its own affair. */
export function connectorDifferences(wanted: ConnectorDefinition, found: FoundConnector): readonly string[] {
  const differences = [
    ...(['topicName', 'parallelism'] as const).map((key) => [key, wanted[key], found[key]] as const),
    ...Object.entries(wanted.configs).map(([key, value]) => [key, value, found.configs[key]] as const),
    // All columns, unless it was told otherwise.
    ...('columns' in wanted.configs ? [] : [['columns', '.*', found.configs.columns ?? '.*'] as const]),
  ];
  return differences
    .filter(([, one, other]) => String(one) !== String(other))
    .map(([what, one, other]) => {
      // Who made it may have written the password itself.
      if (/password$/.test(what)) return `${what} other than planned`;
      return `${what} ${other === undefined ? 'not set' : String(other)} instead of ${String(one)}`;
    });
}

export interface FoundConnector extends Pick<ConnectorDefinition, 'topicName' | 'parallelism'> {
  readonly configs: Readonly<Record<string, unknown>>;
}

export interface ConnectorInstance {
  readonly number: number;
  readonly isRunning: boolean;
  readonly error: string | undefined;
  readonly restarts: number;
  /** Records that could not be published, each of which is lost. */
  readonly systemExceptions: number;
}
