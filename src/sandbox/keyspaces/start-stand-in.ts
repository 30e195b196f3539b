import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { createServer, type Server } from 'node:tls';
import type { CqlPool } from '../../wire/cql/cql-pool.ts';
import { openCqlPool } from '../../wire/cql/open-cql-pool.ts';
import type { StandInUser } from './access/credentials.ts';
import { type CapacityTimes, TableCapacity } from './capacity/table-capacity.ts';
import { BackendPool } from './engine/backend-pool.ts';
import { backingSchema } from './engine/backing-schema.ts';
import type { Engine } from './engine/engine.ts';
import { FaultSwitches, type Faults } from './engine/fault-switches.ts';
import { Login } from './engine/login.ts';
import { Meter } from './engine/meter.ts';
import { PreparedStatements } from './engine/prepared-statements.ts';
import { RangeDeletes } from './engine/range-deletes.ts';
import { serveClient } from './engine/serve-client.ts';
import { Session } from './engine/session.ts';
import { TableLookup } from './engine/table-lookup.ts';
import { TieBreaker } from './engine/tie-breaker.ts';
import { WriteClock } from './engine/write-clock.ts';
import { createKeyspacesState, type KeyspacesState } from './keyspaces-state.ts';
import { RuleBook, type RuleChoice } from './rule-book.ts';
import { seededCoin } from './seeded-coin.ts';
import { noQuotas, type Quotas } from './state/quotas.ts';
import type { Delays } from './state/realm.ts';
import { KnownStatements } from './statements/known-statement.ts';
import { ChangeCapture } from './streams/change-capture.ts';
import { StreamRegistry } from './streams/stream-registry.ts';
import { systemCatalog } from './system/system-catalog.ts';

export interface StandInOptions {
  /** The backing Cassandra; it must not ask for credentials. */
  readonly backing: { readonly host: string; readonly port: number };
  /** Where clients connect; more than one look like the peers of one cluster. */
  readonly addresses: readonly string[];
  readonly port: number;
  readonly certificate: { readonly pem: string; readonly keyPem: string };
  readonly region: string;
  readonly accountId: string;
  readonly users: readonly StandInUser[];
  readonly rules: RuleChoice;
  readonly faults?: Partial<Faults>;
  readonly delays?: Delays;
  readonly quotas?: Partial<Quotas>;
  readonly capacityTimes?: CapacityTimes;
  /** Of one connection; default 3,000. */
  readonly queriesPerSecond?: number;
  readonly rangeDeleteDelayMs?: number;
  /** With so many changes a shard of a stream splits. */
  readonly recordsPerShard?: number;
  readonly seed?: number;
  readonly onBug: (error: unknown) => void;
  readonly signal: AbortSignal;
}

export interface StandIn {
  readonly state: KeyspacesState;
  readonly streams: StreamRegistry;
  readonly meter: Meter;
  readonly faults: FaultSwitches;
  readonly rules: RuleBook;
  readonly port: number;
  /** Resolves when every accepted range delete is done. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

// One carries more frames in each system call than two would; those are what costs most here.
const backendLinks = 1;
const half = 1_800_000;

/** Starts the stand-in for Amazon Keyspaces in front of a Cassandra. Whoever started it closes it. */
export async function startStandIn(options: StandInOptions): Promise<StandIn> {
  const { backing, signal } = options;
  const closers: (() => unknown)[] = [];
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    const own = ownPool(backing);
    closers.push(() => own.close());
    await own.ready(signal);
    const backend = await BackendPool.open(backing, backendLinks, signal);
    closers.push(() => backend.close());
    const engine = makeEngine(options, own, backend);
    closers.push(() => engine.state.close());
    closers.push(() => engine.rangeDeletes.close());
    closers.push(() => engine.streams.close());
    closers.push(() => engine.changes.close());
    const port = await listen(options, engine, closers);
    const { state, streams, meter, faults, rules } = engine;
    return { state, streams, meter, faults, rules, port, settled: () => engine.rangeDeletes.settled(), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** For what the stand-in itself asks of the backing Cassandra. */
function ownPool(backing: StandInOptions['backing']): CqlPool {
  const limits = { connectionsPerHost: 1, maxInFlightPerConnection: 256, requestTimeoutMs: 30_000 };
  return openCqlPool({ contactPoints: [backing], ...limits });
}

type OwnEngine = Engine & { readonly streams: StreamRegistry };

function makeEngine(options: StandInOptions, own: CqlPool, backend: BackendPool): OwnEngine {
  const rules = new RuleBook(options.rules);
  const state = stateOf(options, rules, own);
  const clock = new WriteClock(nowMicros);
  const meter = new Meter(rules.holds('metering'));
  const coin = seededCoin(options.seed ?? 1);
  const delayMs = options.rangeDeleteDelayMs ?? 500;
  const streams = new StreamRegistry(state, options.recordsPerShard);
  const changes = new ChangeCapture({ streams, pool: own, nowMs: () => state.nowMs() });
  return {
    ...{ rules, state, streams, changes, clock, meter, coin, backend, nowMicros },
    tables: new TableLookup(state, rules),
    capacities: capacitiesOf(options, state),
    statements: new KnownStatements(),
    prepared: new PreparedStatements(),
    rangeDeletes: new RangeDeletes({ pool: own, changes, rules, clock, meter, delayMs }),
    faults: new FaultSwitches(options.faults ?? {}),
    ties: new TieBreaker(coin),
    systemTable: systemCatalog(state, rules, options),
  };
}

function stateOf({ region, accountId, delays, quotas }: StandInOptions, rules: RuleBook, own: CqlPool): KeyspacesState {
  return createKeyspacesState({
    account: { region, accountId },
    clock: { nowMs: () => Date.now(), sleep: (ms, signal) => sleep(ms, undefined, { signal }) },
    backing: backingSchema(own),
    ...(delays && { delays }),
    quotas: rules.holds('quotas') ? { ...quotas } : noQuotas,
  });
}

function capacitiesOf({ capacityTimes }: StandInOptions, state: KeyspacesState): Engine['capacities'] {
  const byArn = new Map<string, TableCapacity>();
  state.subscribe(({ kind, keyspace, name, status }) => {
    // A table of the same name begins anew.
    if (kind === 'table' && status === 'CREATING') byArn.delete(state.table(keyspace, name!)?.arn ?? '');
  });
  return (arn) => {
    const known = byArn.get(arn);
    if (known) return known;
    const [keyspace, , name] = arn.split(':/keyspace/')[1]!.split('/');
    const { settings } = state.table(keyspace!, name!)!;
    const made = new TableCapacity(settings, capacityTimes ?? { growthMs: half, splitAfterMs: 60_000 }, state.nowMs());
    byArn.set(arn, made);
    return made;
  };
}

const startedAtMicros = BigInt(Date.now()) * 1000n;
const startedAt = process.hrtime.bigint();

/** Microseconds since 1970 that never go back. */
function nowMicros(): bigint {
  return startedAtMicros + (process.hrtime.bigint() - startedAt) / 1000n;
}

async function listen(options: StandInOptions, engine: Engine, closers: (() => unknown)[]): Promise<number> {
  let { port } = options;
  for (const address of options.addresses) {
    const server = serverAt(address, options, engine);
    server.listen({ host: address, port, exclusive: true });
    await once(server, 'listening', { signal: options.signal });
    closers.push(closerOf(server));
    // All addresses share a port, as drivers expect of a cluster.
    port = (server.address() as { readonly port: number }).port;
  }
  return port;
}

function serverAt(address: string, options: StandInOptions, engine: Engine): Server {
  const { certificate, users, region, accountId, queriesPerSecond = 3_000 } = options;
  const login = { users, region, accountId, nowMs: () => engine.state.nowMs() };
  return createServer({ cert: certificate.pem, key: certificate.keyPem, minVersion: 'TLSv1.2' }, (socket) => {
    const session = new Session(address, engine.rules.holds('throttling') ? queriesPerSecond : undefined, Date.now());
    serveClient(socket, { engine, session, login: new Login(login, session), onBug: options.onBug });
  });
}

function closerOf(server: Server): () => void {
  const sockets = new Set<{ destroy(): void }>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  return () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
}
