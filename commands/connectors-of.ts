import { openConnectors } from '../src/adapters/pulsar/open-connectors.ts';
import type { Config } from '../src/config/config.ts';
import { secretBehind } from '../src/config/read-config.ts';
import type { SourceConnectors } from '../src/ports/source-connectors.ts';

/** The connectors of the migration's namespace; whoever only looks does not wait long for a worker that is starting. */
export function connectorsOf(
  { pulsar: { token, ...pulsar } }: Config,
  more: { readonly patienceMs?: number } = {},
): SourceConnectors {
  const secret = secretBehind(token);
  return openConnectors({ ...pulsar, ...more, ...(secret !== undefined && { token: secret }) });
}
