import { findFreeEndpoints } from './free-endpoints.ts';
import { planSandbox } from './plan-sandbox.ts';
import type { CassandraLine } from './sandbox-release.ts';
import type { NodeSettings, Sandbox } from './sandbox-state.ts';
import { startLoneServer } from './start-lone-server.ts';

export interface StartLoneNodeOptions {
  readonly dir: string;
  readonly cassandra: CassandraLine;
  readonly settings?: NodeSettings;
  readonly signal?: AbortSignal | undefined;
}

/** Starts one source node without target and Pulsar. */
export function startLoneNode({ dir, cassandra, settings, signal }: StartLoneNodeOptions): Promise<Sandbox> {
  const plan = async (folder: string) => ({
    ...planSandbox(folder, cassandra, await findFreeEndpoints(folder, 1)),
    ...(settings && { sourceSettings: settings }),
  });
  return startLoneServer({ dir, server: 'source-1', plan, signal });
}
