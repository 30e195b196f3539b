import type { RunningStandIn } from './run-stand-in.ts';

/** What a client of a running stand-in needs, as `cdcmig sandbox keyspaces --json` prints it. */
export interface StandInFacts {
  /** `host:port` of CQL. */
  readonly endpoint: string;
  readonly controlPlaneUrl: string;
  /** Metrics, rules and faults. */
  readonly metricsUrl: string;
  readonly region: string;
  /** PEM file of the authority to trust. */
  readonly caFile: string;
  readonly userName: string;
  readonly password: string;
  /** For `AWS_SHARED_CREDENTIALS_FILE`. */
  readonly awsCredentialsFile: string;
}

export function standInFacts({ endpoint, controlPlaneUrl, metricsUrl, folder, standIn }: RunningStandIn): StandInFacts {
  const { user, caFile, awsCredentialsFile } = folder;
  const { region } = standIn.state.account;
  const { userName, password } = user;
  return { endpoint, controlPlaneUrl, metricsUrl, region, caFile, userName, password, awsCredentialsFile };
}
