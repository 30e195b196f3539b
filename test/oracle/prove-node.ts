import { readSchema } from '../../src/adapters/cassandra/read-schema.ts';
import { SchemaHistory } from '../../src/feeds/schema-history.ts';
import { mergeSchemaRows } from '../../src/feeds/schema-rows.ts';
import type { CqlPool } from '../../src/wire/cql/cql-pool.ts';
import { randomOf } from '../model/simulation/random.ts';
import { type CommitLogOracle, openOracle } from './commit-log-oracle.ts';
import { type Comparison, compareReaders } from './compare-readers.ts';
import type { OracleNode } from './oracle-node.ts';
import { type LogPlace, readSegments } from './read-segments.ts';
import { runWorkload, type WorkloadResult } from './workload/run-workload.ts';
import { workloadSchema } from './workload/workload-schema.ts';

export interface ProveOptions {
  readonly seed: number;
  /** Before each round the schema changes. */
  readonly rounds: number;
  readonly statementsPerRound: number;
}

export interface RoundProof {
  readonly workload: WorkloadResult;
  readonly comparison: Comparison;
  readonly segments: readonly string[];
  /** The schema of this round, for another run of the oracle. */
  readonly home: string;
  /** The same schema for our reader. */
  readonly history: SchemaHistory;
}

/** Writes at random to a node and reads its log with both readers, round after round; the caller judges each. */
export async function* proveNode(node: OracleNode, options: ProveOptions): AsyncGenerator<RoundProof> {
  const history = await historyOf(node.pool);
  const oracle = await openOracle(node.sandbox);
  let last: LogPlace | undefined;
  for (let round = 0; round < options.rounds; round++) {
    const proof = await proveRound(node, { oracle, history, after: last, round, options });
    last = proof.comparison.last;
    yield proof;
    node.release(proof.segments, BigInt(last?.segment ?? 0));
  }
}

const keyspace = 'oracle';

interface Round {
  readonly oracle: CommitLogOracle;
  readonly history: SchemaHistory;
  readonly after: LogPlace | undefined;
  readonly round: number;
  readonly options: ProveOptions;
}

async function proveRound(node: OracleNode, { oracle, history, after, round, options }: Round): Promise<RoundProof> {
  const { sandbox, pool } = node;
  const { ddl, tables } = workloadSchema(sandbox.cassandra, options.seed, round);
  for (const statement of ddl) await pool.query(statement.replace(/\bKS\b/g, keyspace), { consistency: 'ONE' });
  const random = randomOf(options.seed * 1013 + round);
  const workload = await runWorkload(pool, keyspace, { random, tables }, options.statementsPerRound);
  const home = node.copySchema();
  const segments = await node.copySegments();
  const ours = readSegments(segments, history, after);
  const comparison = await compareReaders(ours, oracle.print(home, segments), after);
  return { workload, comparison, segments, home, history };
}

/** The keyspaces that the node makes itself are in no log; all else is learnt from it. */
async function historyOf(pool: CqlPool): Promise<SchemaHistory> {
  const own = ['system', 'system_schema', 'system_auth', 'system_distributed', 'system_traces'];
  const rows = await Promise.all(own.map((name) => readSchema(pool, name)));
  return new SchemaHistory(mergeSchemaRows(rows), 0n);
}
