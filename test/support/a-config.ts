import { type Config, normaliseConfig } from '../../src/config/config.ts';
import { configShape } from '../../src/config/config-shape.ts';

/** Where a test does not say: a keyspace `shop` of one node, moved to another Cassandra. */
interface Written {
  readonly source?: object;
  readonly target?: object;
  readonly snapshot?: object;
}

const cluster = { datacenter: 'dc1' };

export const cassandraTarget = { ...cluster, contactPoints: ['127.0.0.2:9042'], keyspace: 'moved' };

export function aConfig({ source, target = cassandraTarget, snapshot = {} }: Written): Config {
  const written = {
    migration: 'shop',
    source: { ...cluster, contactPoints: ['127.0.0.1:9042'], keyspace: 'shop', ...source },
    target,
    pulsar: { serviceUrl: 'pulsar://p:6650', adminUrl: 'http://p:8080' },
    capture: { agents: [{ node: '127.0.0.1', commitLogDirectory: '/c', folder: '/f' }] },
    snapshot,
  };
  return normaliseConfig(configShape.parse(written), '/conf');
}
