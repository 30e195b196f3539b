import { AmbiguousOutcomeError, OperatorError } from '../errors.ts';
import { type Column, keyColumns, type Table } from '../model/table.ts';
import type { Clock } from '../ports/clock.ts';
import type { EncodedRow, TableReader } from '../ports/table-reader.ts';
import { TargetWriteError } from '../ports/target-keyspace.ts';
import { areSameCounters, type CounterStep, type CounterValues, counterSteps } from './counter-steps.ts';
import { RefusedWriteError, type TargetWriter } from './target-writer.ts';

/** Counters of a row, or of a partition's static row. */
export interface CounterRow {
  readonly table: Table;
  readonly columns: readonly Column[];
  readonly partitionKey: readonly Buffer[];
  /** Empty for static counters. */
  readonly clustering: readonly Buffer[];
  readonly isStatic: boolean;
  /** What the source holds; undefined: it has to be read. */
  readonly wanted?: CounterValues;
}

export interface CounterParts {
  readonly source: Pick<TableReader, 'readAll' | 'readPartition'>;
  readonly target: Pick<TableReader, 'readAll' | 'readPartition'>;
  readonly writer: Pick<TargetWriter, 'writeOnce'>;
  readonly clock: Clock;
  /** The target keyspace. */
  readonly keyspace: string;
  /** After so long a write that was not confirmed is either done or will never be: twice the request time-out. */
  readonly settleMs: number;
  /** Throws unless this process is still the only one that writes counters of this migration. Called before every write. */
  readonly proveSoleWriter: () => Promise<void>;
  /** Told of each write whose answer was lost. */
  readonly onLostAnswer?: () => void;
  readonly signal?: AbortSignal;
}

const mostAttempts = 20;
const mostReads = 5;

/**
 * Brings the counters of one row on the target to the source's, and answers whether anything was to be done. A write to a
 * counter carries no timestamp and counts twice when it is sent twice, so it is sent only when it is known that no earlier
 * one is on its way: one that was not confirmed is waited out and its row read until two reads agree. They show the row
 * as it was before the write, which is then sent again, or as it is after it. Anything else, somebody else has written.
 */
export async function copyCounterRow(row: CounterRow, parts: CounterParts): Promise<'equal' | 'changed'> {
  const wanted = row.wanted ?? (await readCounters('source', row, parts));
  const there = await readCounters('target', row, parts);
  const steps = counterSteps(wanted, there, row.columns, { ...row, keyspace: parts.keyspace });
  for (const step of steps) await takeStep(step, row, parts);
  return steps.length === 0 ? 'equal' : 'changed';
}

async function takeStep(step: CounterStep, row: CounterRow, parts: CounterParts): Promise<void> {
  for (let attempt = 1; attempt <= mostAttempts; attempt++) {
    await parts.proveSoleWriter();
    if (await isConfirmed(step, row, parts)) return;
    parts.onLostAnswer?.();
    const found = await readSettled(row, parts);
    if (areSameCounters(found, step.after)) return;
    if (!areSameCounters(found, step.before)) throw ambiguous(step, found, row);
  }
  throw new OperatorError({
    expected: `the target to take ${rowText(row)}`,
    found: `${mostAttempts} writes of it in vain`,
    next: 'see why the target does not take writes, then repeat the command: it adds what is missing',
  });
}

async function isConfirmed(step: CounterStep, row: CounterRow, { writer, signal }: CounterParts): Promise<boolean> {
  try {
    await writer.writeOnce(step.statement, signal);
    return true;
  } catch (error) {
    if (error instanceof RefusedWriteError) throw refused(row, error);
    if (!(error instanceof TargetWriteError)) throw error;
    return false;
  }
}

/** What the target holds once nothing that was sent can change it any more. */
async function readSettled(row: CounterRow, parts: CounterParts): Promise<CounterValues> {
  await parts.clock.sleep(parts.settleMs, parts.signal);
  let last = await readCounters('target', row, parts);
  for (let reads = 1; reads < mostReads; reads++) {
    await parts.clock.sleep(pauseMs, parts.signal);
    const next = await readCounters('target', row, parts);
    if (areSameCounters(last, next)) return next;
    last = next;
  }
  throw new AmbiguousOutcomeError(
    `${rowText(row)} reads differently each time, long after the last write to it`,
    'who else writes to the target, and whether its replicas agree; then repeat the command',
  );
}

const pauseMs = 200;

/** All null for a row that is not there. */
export async function readCounters(
  side: 'source' | 'target',
  row: CounterRow,
  parts: CounterParts,
): Promise<CounterValues> {
  const { table, columns, partitionKey, clustering, isStatic } = row;
  const read = {
    table,
    columns: [...keyColumns(table), ...columns],
    partitionKey,
    // What the source's replicas do not agree about, nobody would mend after the copy.
    consistency: side === 'source' ? ('all' as const) : ('local_quorum' as const),
    ...(isStatic ? { pageSize: 1 } : { clustering }),
    ...(parts.signal && { signal: parts.signal }),
  };
  for await (const page of parts[side].readPartition(read))
    if (page.length > 0) return countersIn(page[0]!, keyColumns(table).length);
  return columns.map(() => null);
}

/** The counters of a row that was read, behind so many other values. */
export function countersIn({ values }: EncodedRow, from: number, to?: number): CounterValues {
  return values.slice(from, to).map((value) => (value === null ? null : value.readBigInt64BE()));
}

function ambiguous({ before, after }: CounterStep, found: CounterValues, row: CounterRow): AmbiguousOutcomeError {
  return new AmbiguousOutcomeError(
    `${rowText(row)} held ${valuesText(before)}, was to hold ${valuesText(after)} and holds ${valuesText(found)}`,
    'who else writes to the target; when nobody does any more, repeat the command: it adds what is missing',
  );
}

function refused(row: CounterRow, cause: RefusedWriteError): OperatorError {
  return new OperatorError(
    {
      expected: `the target to take ${rowText(row)}`,
      found: cause.message,
      next: `mend that, or leave ${row.table.name} out of source.tables`,
    },
    { cause },
  );
}

function rowText({ table, columns, partitionKey, clustering }: CounterRow): string {
  const key = [...partitionKey, ...clustering].map((value) => `0x${value.toString('hex')}`).join(', ');
  return `${table.name} (${columns.map(({ name }) => name).join(', ')}) at (${key})`;
}

function valuesText(values: CounterValues): string {
  return values.map((value) => value ?? 'nothing').join(', ');
}
