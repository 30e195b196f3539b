import { OperatorError } from '../errors.ts';
import type { ConnectorStatus } from '../model/migration-status.ts';
import { connectorName } from '../plan/datastax-connectors.ts';
import type { MigrationState } from '../state/migration-state.ts';
import { type AskConnector, connectorHealth, connectorTroubles } from './connector-health.ts';

/** Of each table that was handed over through a connector of ours. One that cannot be asked keeps nobody from hearing of the others. */
export async function connectorStatus(
  { handOver }: Pick<MigrationState, 'handOver'>,
  context: AskConnector,
): Promise<readonly ConnectorStatus[]> {
  if (handOver?.datastax?.read !== 'data' || !context.config.datastax.connector) return [];
  const ids = new Set(handOver.datastax.lanes.filter(({ connector }) => connector).map(({ tableId }) => tableId));
  const tables = handOver.tables.filter(({ id }) => ids.has(id));
  return Promise.all(tables.map(({ name }) => statusOf(name, context)));
}

async function statusOf(table: string, context: AskConnector): Promise<ConnectorStatus> {
  const name = connectorName(context.config, table);
  try {
    return { name, table, troubles: connectorTroubles(await connectorHealth({ name, table }, context)) };
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    return { name, table, troubles: [`cannot be asked: ${error.faults.map(({ found }) => found).join('; ')}`] };
  }
}
