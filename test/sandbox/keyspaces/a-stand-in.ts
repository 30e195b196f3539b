import { auth, Client, type ClientOptions, policies, types } from 'cassandra-driver';
import { makeCertificates } from '../../../src/sandbox/keyspaces/certificates.ts';
import { type StandIn, type StandInOptions, startStandIn } from '../../../src/sandbox/keyspaces/start-stand-in.ts';
import type { Sandbox } from '../../../src/sandbox/sandbox-state.ts';

export const region = 'eu-west-1';
export const aUser = {
  iamName: 'rehearsal',
  userName: 'rehearsal-at-111122223333',
  password: 'secret',
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
};

export interface RunningStandIn extends StandIn {
  readonly address: string;
  readonly caPem: string;
  /** Faults of ours while answering: none, or the test is wrong to be green. */
  readonly bugs: readonly unknown[];
  /** A driver's client, connected; closed with the stand-in. */
  client(options?: Partial<ClientOptions>): Promise<Client>;
}

/** A stand-in of this process in front of the shared sandbox's target, strict, quick and without chance. */
export async function aStandIn(sandbox: Sandbox, options: Partial<StandInOptions> = {}): Promise<RunningStandIn> {
  const address = '127.0.0.1';
  const bugs: unknown[] = [];
  const { authority, server } = makeCertificates([address, 'localhost'], new Date());
  const clients: Client[] = [];
  const { address: host, cqlPort: port } = sandbox.target;
  const standIn = await startStandIn({
    backing: { host, port },
    addresses: [address],
    port: 0,
    certificate: server,
    region,
    accountId: '111122223333',
    users: [aUser],
    rules: { mode: 'strict', off: [], on: [] },
    delays: { createMs: 30, updateMs: 30, deleteMs: 30 },
    rangeDeleteDelayMs: 300,
    onBug: (error) => bugs.push(error),
    signal: AbortSignal.timeout(30_000),
    ...options,
    faults: { shortPages: 0, appliedThrottles: 0, ...options.faults },
  });
  const client = async (own: Partial<ClientOptions> = {}) => {
    const made = new Client({ ...clientOptions(address, standIn.port, authority.pem), ...own });
    clients.push(made);
    await made.connect();
    return made;
  };
  const close = async () => {
    for (const made of clients) await made.shutdown();
    await standIn.close();
  };
  return { ...standIn, address, caPem: authority.pem, bugs, client, close };
}

function clientOptions(address: string, port: number, ca: string): ClientOptions {
  return {
    contactPoints: [address],
    protocolOptions: { port },
    localDataCenter: region,
    authProvider: new auth.PlainTextAuthProvider(aUser.userName, aUser.password),
    sslOptions: { ca: [ca], rejectUnauthorized: true, host: address },
    queryOptions: { consistency: types.consistencies.localQuorum, prepare: true },
    policies: { retry: new policies.retry.FallthroughRetryPolicy() },
    encoding: { useBigIntAsLong: true, useBigIntAsVarint: true },
  };
}

/** Creates a keyspace and its tables through the stand-in, and waits until they can be used. */
export async function define(
  standIn: RunningStandIn,
  client: Client,
  keyspace: string,
  tables: readonly string[],
): Promise<void> {
  await client.execute(`CREATE KEYSPACE ${keyspace} WITH replication = {'class': 'SingleRegionStrategy'}`, [], {
    prepare: false,
  });
  await usable(() => standIn.state.keyspace(keyspace)?.status);
  for (const table of tables) await client.execute(table.replace('$', keyspace), [], { prepare: false });
  await usable(() =>
    standIn.state.tables(keyspace).every(({ status }) => status === 'ACTIVE') ? 'ACTIVE' : 'CREATING',
  );
}

/** Makes the tables of one stand-in known to another before the same Cassandra. */
export async function adopt(other: RunningStandIn, from: RunningStandIn, keyspace: string): Promise<void> {
  await other.state.createKeyspace({ name: keyspace });
  await usable(() => other.state.keyspace(keyspace)?.status);
  for (const { name, schema, settings } of from.state.tables(keyspace))
    await other.state.createTable({ keyspace, name, schema, settings });
  for (const { name } of from.state.tables(keyspace)) await usable(() => other.state.table(keyspace, name)?.status);
}

/** Waits until something is ACTIVE. */
export async function usable(status: () => string | undefined): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    if (status() === 'ACTIVE') return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`still ${status()}`);
}

/** The code and message of the error that a statement is answered with; undefined if there is none. */
export async function refusalOf(work: Promise<unknown>): Promise<{ code: number; message: string } | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    const { code, message } = error as { code: number; message: string };
    return { code, message };
  }
}
