import type { SchemaRows } from '../../model/schema.ts';
import type { TargetDefinition } from '../../model/target-definition.ts';
import {
  type BoundValue,
  type RowWrites,
  type TargetKeyspace,
  type TargetStatement,
  unset,
} from '../../ports/target-keyspace.ts';
import type { CqlPool } from '../../wire/cql/cql-pool.ts';
import { CqlServerError } from '../../wire/cql/errors.ts';
import { type CqlValue, unset as wireUnset } from '../../wire/cql/value.ts';
import { measureClockSkew } from './clock-skew.ts';
import { readKeyspace } from './read-keyspace.ts';
import { readPartitioner } from './read-partitioner.ts';
import { readPresentSchema } from './read-schema.ts';
import { tableReader } from './table-reader.ts';
import { withPatience } from './with-patience.ts';
import { writeFailure } from './write-failure.ts';

export interface TargetParts {
  readonly pool: CqlPool;
  readonly keyspace: string;
  readonly requestTimeoutMs: number;
  readonly patienceMs: number;
  /** As much of the schema as this kind of target tells. */
  readonly readSchema: (asker: CqlPool, keyspace: string, signal?: AbortSignal) => Promise<SchemaRows>;
  /** Returns when what a DDL statement created can be used. */
  readonly waitUntilDefined: (pool: CqlPool, signal?: AbortSignal) => Promise<void>;
}

/** A target keyspace behind any pool: how one logs in and how long DDL takes is for who opens it. */
export function targetOverPool(parts: TargetParts): TargetKeyspace {
  const { pool, keyspace, requestTimeoutMs, patienceMs, readSchema, waitUntilDefined } = parts;
  const patient = <T>(doing: string, signal: AbortSignal | undefined, act: () => Promise<T>) =>
    withPatience({ doing, patienceMs, signal }, act);
  return {
    ...tableReader({ pool, patienceMs, keyspace }),
    requestTimeoutMs,
    exists: (signal) =>
      patient(
        `to look for keyspace ${keyspace}`,
        signal,
        async () => (await readKeyspace(pool, keyspace, signal)) !== undefined,
      ),
    schema: (signal) => patient('to read the target schema', signal, () => readSchema(pool, keyspace, signal)),
    async define(definitions, signal) {
      const missing = await patient('to see what the target has', signal, () =>
        missingOf(pool, keyspace, definitions, signal),
      );
      for (const { cql } of missing) {
        await patient(`the target to take: ${cql}`, signal, () => runDdl(pool, cql, signal));
        await patient('the target nodes to tell their schema', signal, () => waitUntilDefined(pool, signal));
      }
    },
    async alter(ddl, signal) {
      await patient(`the target to take: ${ddl}`, signal, () => runDdl(pool, ddl, signal));
      await patient('the target nodes to tell their schema', signal, () => waitUntilDefined(pool, signal));
    },
    write: (statement, signal, valuesNow) => write(pool, statement, signal, valuesNow),
    writeRows: (inserts, signal) => writeRows(pool, inserts, signal),
    // A Cassandra takes what its machines can.
    writeCapacity: async () => undefined,
    partitioner: (signal) => patient('to read the partitioner', signal, () => readPartitioner(pool, signal)),
    clockSkewMicros: (signal) => patient('to ask the target its time', signal, () => measureClockSkew(pool, signal)),
    close: () => pool.close(),
  };
}

/** What is there is let be: the role need not have the right to create it. */
async function missingOf(
  pool: CqlPool,
  keyspace: string,
  definitions: readonly TargetDefinition[],
  signal: AbortSignal | undefined,
): Promise<readonly TargetDefinition[]> {
  const isThere = (await readKeyspace(pool, keyspace, signal)) !== undefined;
  const { tables, types } = await readPresentSchema(pool, keyspace, signal);
  const present = { table: tables.map((row) => row.table), type: types.map((row) => row.type) };
  return definitions.filter(({ kind, name }) => (kind === 'keyspace' ? !isThere : !present[kind].includes(name)));
}

async function runDdl(pool: CqlPool, ddl: string, signal?: AbortSignal): Promise<void> {
  try {
    await pool.query(ddl, { consistency: 'LOCAL_QUORUM', ...(signal && { signal }) });
  } catch (error) {
    if (!isThereAlready(error)) throw error;
  }
}

/** Types and added columns that exist are refused as INVALID, keyspaces and tables with a code of their own. */
function isThereAlready(error: unknown): boolean {
  if (!(error instanceof CqlServerError)) return false;
  return error.codeName === 'ALREADY_EXISTS' || (error.codeName === 'INVALID' && /already exists/i.test(error.message));
}

async function write(
  pool: CqlPool,
  { cql, values }: TargetStatement,
  signal?: AbortSignal,
  valuesNow?: () => readonly BoundValue[],
): Promise<void> {
  try {
    await pool.execute(cql, valuesNow ? () => wireValues(valuesNow()) : wireValues(values), {
      consistency: 'LOCAL_QUORUM',
      ...(signal && { signal }),
    });
  } catch (error) {
    throw writeFailure(error);
  }
}

async function writeRows(
  pool: CqlPool,
  { cql, valueCount: count, rows, using: behind }: RowWrites,
  signal?: AbortSignal,
): Promise<void> {
  const options = { consistency: 'LOCAL_QUORUM', ...(signal && { signal }) } as const;
  try {
    if (rows.length === 1) await pool.execute(cql, { count, bytes: rows[0]!, behind }, options);
    // Unlogged: nobody needs them to be written together, and a logged one costs twice as much.
    else
      await pool.batch(
        'unlogged',
        rows.map((bytes) => ({ statement: cql, values: { count, bytes, behind } })),
        options,
      );
  } catch (error) {
    throw writeFailure(error);
  }
}

function wireValues(values: readonly BoundValue[]): readonly CqlValue[] {
  return values.includes(unset) ? values.map(wireValue) : (values as readonly CqlValue[]);
}

function wireValue(value: BoundValue): CqlValue {
  return value === unset ? wireUnset : value;
}
