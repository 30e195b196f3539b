import { Command } from 'commander';
import { openSourceCluster } from '../src/adapters/cassandra/open-source-cluster.ts';
import { readConfig } from '../src/config/read-config.ts';
import { OperatorError } from '../src/errors.ts';
import { tablesOf } from '../src/model/schema.ts';
import { topicRoot } from '../src/model/topics.ts';
import { runStandIn } from '../src/sandbox/datastax/run-stand-in.ts';
import { configOption } from './common-options.ts';
import { endpointOf } from './endpoint-of.ts';
import { interruptSignal } from './interrupt.ts';

interface Options {
  readonly config: string;
  readonly node: string;
  readonly commitLog: string;
}

/** `cdcmig demo datastax-agent`: what stands in for the DataStax agent of a node in rehearsals. */
export function datastaxStandInCommand(): Command {
  return new Command('datastax-agent')
    .description('publish what the DataStax agent of a node would; for rehearsals only')
    .requiredOption('--node <address>', 'the node, as the cluster names it')
    .requiredOption('--commit-log <dir>', "the node's commit log")
    .addOption(configOption())
    .action(standIn);
}

async function standIn({ config: file, node: address, commitLog }: Options): Promise<void> {
  const config = readConfig(file);
  const { serviceUrl } = config.pulsar;
  const stop = interruptSignal();
  const source = await openSourceCluster(endpointOf(config.source));
  try {
    const node = (await source.nodes()).find((each) => each.address === address);
    if (!node) throw new OperatorError({ expected: `a node ${address}`, found: 'none', next: 'name one of the ring' });
    await runStandIn({
      hostId: node.hostId,
      commitLogDirectory: commitLog,
      serviceUrl,
      topicPrefix: `${topicRoot(config.pulsar)}${config.datastax.topicPrefix}`,
      readTables: async () => [...tablesOf(await source.schema(config.source.keyspace)), ...(await canaryTables())],
      signal: stop,
    });
  } finally {
    await source.close();
  }

  async function canaryTables() {
    return tablesOf(await source.schema('cdcmig_canary'));
  }
}
