/** What the stand-in did to a migration, over all tables. */
export interface RehearsedFacts {
  readonly writeUnits: number;
  readonly readUnits: number;
  readonly throttledWrites: number;
  readonly throttledReads: number;
  /** Done and never answered, and whatever else it was told to spoil. */
  readonly lost: number;
  /** By a rule or by Cassandra. */
  readonly refused: number;
}

/** Asks the stand-in's metrics, which have CloudWatch's names. */
export async function readRehearsedFacts(metricsUrl: string, signal: AbortSignal): Promise<RehearsedFacts> {
  const response = await fetch(`${metricsUrl}/metrics`, { signal });
  return rehearsedFacts(await response.text());
}

/** Of metrics in the text form of Prometheus. */
export function rehearsedFacts(metrics: string): RehearsedFacts {
  const sum = (name: string) =>
    metrics
      .split('\n')
      .filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`))
      .reduce((total, line) => total + Number(line.split(' ').at(-1)), 0);
  return {
    writeUnits: sum('ConsumedWriteCapacityUnits'),
    readUnits: sum('ConsumedReadCapacityUnits'),
    throttledWrites: sum('WriteThrottleEvents'),
    throttledReads: sum('ReadThrottleEvents'),
    lost: sum('SystemErrors'),
    refused: sum('UserErrors'),
  };
}
