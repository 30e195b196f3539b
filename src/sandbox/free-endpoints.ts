import { createHash } from 'node:crypto';
import { createServer } from 'node:net';
import { OperatorError } from '../errors.ts';

/** Where the servers of one sandbox listen. All Cassandra nodes share their ports, as drivers expect of a cluster. */
export interface Endpoints {
  readonly source: readonly string[];
  readonly target: string;
  readonly cqlPort: number;
  readonly storagePort: number;
  /** On 127.0.0.1, one for each node of a cluster; none for a lone node, which has nothing that needs nodetool. */
  readonly jmxPorts: readonly number[];
  readonly targetCqlPort: number;
  readonly targetStoragePort: number;
  readonly pulsar: string;
  readonly brokerPort: number;
  readonly webPort: number;
}

const defaultCqlPort = 9042;
const defaultStoragePort = 7000;

/** Finds loopback addresses and ports that nobody listens on. `dir` picks the place to look first. */
export async function findFreeEndpoints(dir: string, nodes: number): Promise<Endpoints> {
  const brokerPort = await freePort(['127.0.0.1']);
  const webPort = await freePort(['127.0.0.1'], [brokerPort]);
  const pulsar = { pulsar: '127.0.0.1', brokerPort, webPort };
  const jmxPorts = nodes === 1 ? [] : await freePorts(nodes, [brokerPort, webPort]);
  return { ...pulsar, jmxPorts, ...((await ownAddresses(dir, nodes)) ?? (await oneAddress(nodes))) };
}

type CassandraEndpoints = Omit<Endpoints, 'pulsar' | 'brokerPort' | 'webPort' | 'jmxPorts'>;

/** An address for each node, so that all keep Cassandra's own ports. Null where the system has only 127.0.0.1. */
async function ownAddresses(dir: string, nodes: number): Promise<CassandraEndpoints | null> {
  for (let attempt = 0; attempt < 20; attempt += 1) {
    const prefix = loopbackPrefix(dir, attempt);
    const source = Array.from({ length: nodes }, (_, index) => `${prefix}.${11 + index}`);
    const target = `${prefix}.21`;
    const outcome = await tryListen([...source, target], [defaultCqlPort, defaultStoragePort]);
    if (outcome === 'no such address') return null;
    if (outcome === 'free') {
      const ports = { cqlPort: defaultCqlPort, storagePort: defaultStoragePort };
      return { source, target, ...ports, targetCqlPort: ports.cqlPort, targetStoragePort: ports.storagePort };
    }
  }
  return null;
}

/** Two sandboxes seldom look at the same place, even when both choose before either listens. */
export function loopbackPrefix(dir: string, attempt: number): string {
  const digest = createHash('sha256').update(`${dir}#${attempt}`).digest();
  return `127.${64 + (digest[0]! % 64)}.${digest[1]!}`;
}

// macOS answers on 127.0.0.1 only; a listener on all addresses (a container's 9042) also leads here.
async function oneAddress(nodes: number): Promise<CassandraEndpoints> {
  if (nodes > 1) {
    throw new OperatorError({
      expected: `${nodes} loopback addresses on which ports ${defaultCqlPort} and ${defaultStoragePort} are free`,
      found: 'only 127.0.0.1, or another program that listens on all addresses',
      next: `stop what listens on port ${defaultCqlPort} or ${defaultStoragePort}, or use --nodes 1`,
    });
  }
  const ports = await freePorts(4);
  const [cqlPort, storagePort, targetCqlPort, targetStoragePort] = ports as [number, number, number, number];
  return { source: ['127.0.0.1'], target: '127.0.0.1', cqlPort, storagePort, targetCqlPort, targetStoragePort };
}

/** Free ports of 127.0.0.1, other than those taken. */
export async function freePorts(count: number, taken: readonly number[] = []): Promise<readonly number[]> {
  const ports: number[] = [];
  while (ports.length < count) ports.push(await freePort(['127.0.0.1'], [...taken, ...ports]));
  return ports;
}

/** Below the range that systems take outgoing ports from: a stopped server finds its port free when it comes back. */
export async function freePort(addresses: readonly string[], taken: readonly number[] = []): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    if (!taken.includes(port) && (await tryListen(addresses, [port])) === 'free') return port;
  }
  throw new OperatorError({
    expected: 'a free port between 20000 and 32000 on 127.0.0.1',
    found: 'none in 100 attempts',
    next: 'look at what listens there: ss -ltn',
  });
}

/** The first of so many free ports of 127.0.0.1 that follow each other. */
export async function freePortRow(count: number): Promise<number> {
  for (;;) {
    const first = await freePort(['127.0.0.1']);
    const row = Array.from({ length: count }, (_, index) => first + index);
    if ((await tryListen(['127.0.0.1'], row)) === 'free') return first;
  }
}

type ListenOutcome = 'free' | 'taken' | 'no such address';

async function tryListen(addresses: readonly string[], ports: readonly number[]): Promise<ListenOutcome> {
  for (const address of addresses) {
    for (const port of ports) {
      const outcome = await tryOne(address, port);
      if (outcome !== 'free') return outcome;
    }
  }
  return 'free';
}

function tryOne(address: string, port: number): Promise<ListenOutcome> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) =>
      resolve(error.code === 'EADDRNOTAVAIL' ? 'no such address' : 'taken'),
    );
    server.listen({ host: address, port, exclusive: true }, () => server.close(() => resolve('free')));
  });
}
