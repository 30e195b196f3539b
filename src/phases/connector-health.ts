import type { ConnectorInstance } from '../model/connector-definition.ts';
import type { SourceConnectors } from '../ports/source-connectors.ts';
import { eventsPartitions } from './events-topics.ts';
import type { WorkerContext } from './phase-context.ts';

/** What keeps a connector from taking all that it should. */
interface ConnectorFault {
  /** `left consumers` are those of instances that died without their process: only the thread runtime leaves them behind. */
  readonly kind: 'instances' | 'missing consumers' | 'left consumers';
  readonly text: string;
}

export interface ConnectorHealth {
  readonly name: string;
  readonly table: string;
  /** Empty when it runs. */
  readonly wrong: readonly ConnectorFault[];
  /** Of all its instances, since their worker started. */
  readonly restarts: number;
  /** Records that could not be published, each of which is lost. */
  readonly lost: number;
}

export interface AskConnector extends Pick<WorkerContext, 'bus' | 'config' | 'signal'> {
  readonly connectors: SourceConnectors;
}

/** What its worker says of it, and what the broker says of its consumers: a status of its own has neither restarts nor losses in its errors. */
export async function connectorHealth(
  { name, table }: { readonly name: string; readonly table: string },
  context: AskConnector,
): Promise<ConnectorHealth> {
  const instances = await context.connectors.instances(name, context.signal);
  return {
    name,
    table,
    wrong: [...stopped(instances, context), ...(await strangeConsumers(table, context))],
    restarts: instances.reduce((sum, one) => sum + one.restarts, 0),
    lost: instances.reduce((sum, one) => sum + one.systemExceptions, 0),
  };
}

function stopped(instances: readonly ConnectorInstance[], { config }: AskConnector): readonly ConnectorFault[] {
  const { parallelism } = config.datastax.connector!;
  const texts = [
    ...(instances.length === parallelism ? [] : [`${instances.length} instances of ${parallelism}`]),
    ...instances
      .filter(({ isRunning }) => !isRunning)
      .map(({ number, error }) => `instance ${number} does not run${error === undefined ? '' : `: ${error}`}`),
  ];
  return texts.map((text) => ({ kind: 'instances', text }));
}

/** A connector that says it runs may have ended its consumer, and a dead one may have left one behind, which goes on taking events. */
async function strangeConsumers(
  table: string,
  { bus, config, signal }: AskConnector,
): Promise<readonly ConnectorFault[]> {
  const { connector, connectorSubscription } = config.datastax;
  const { parallelism } = connector!;
  const found: ConnectorFault[] = [];
  for (const topic of eventsPartitions(config, { keyspace: config.source.keyspace, name: table })) {
    const { mostConsumers } = await bus.backlog(topic, connectorSubscription, signal);
    const text = `${mostConsumers} consumers of ${parallelism} on ${topic}`;
    if (mostConsumers < parallelism) found.push({ kind: 'missing consumers', text });
    if (mostConsumers > parallelism) {
      const why = 'of which the dead keep events to themselves: its worker has the thread runtime';
      found.push({ kind: 'left consumers', text: `${text}, ${why}` });
    }
  }
  return found;
}

/** For the operator; empty for one that runs, was never restarted and lost nothing. */
export function connectorTroubles({ wrong, restarts, lost }: ConnectorHealth): readonly string[] {
  return [
    ...wrong.map(({ text }) => text),
    ...(lost === 0 ? [] : [`${lost} records could not be published and are lost; only a comparison finds their rows`]),
    ...(restarts === 0
      ? []
      : [`restarted ${restarts} times: if that goes on, it fails on a row, and the whole table waits`]),
  ];
}
