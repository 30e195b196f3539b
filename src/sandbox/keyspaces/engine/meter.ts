import { Counter, Registry } from 'prom-client';
import type { ThrottleCause } from '../capacity/table-capacity.ts';

interface TableName {
  readonly keyspace: string;
  readonly name: string;
}

const tableLabels = ['Keyspace', 'TableName'] as const;

/** Counters under the names that CloudWatch has for them. */
export class Meter {
  readonly registry = new Registry();
  readonly #countsUnits: boolean;
  readonly #writeUnits = this.#counter('ConsumedWriteCapacityUnits', 'Write units of all statements', tableLabels);
  readonly #readUnits = this.#counter('ConsumedReadCapacityUnits', 'Read units of all pages', tableLabels);
  readonly #writeThrottles = this.#counter('WriteThrottleEvents', 'Writes over a capacity', tableLabels);
  readonly #readThrottles = this.#counter('ReadThrottleEvents', 'Reads over a capacity', tableLabels);
  readonly #partition = this.#counter(
    'StoragePartitionThroughputCapacityExceeded',
    'Requests over the capacity of a storage partition',
    tableLabels,
  );
  readonly #connection = this.#counter(
    'PerConnectionRequestRateExceeded',
    'Requests over the rate of one connection',
    [],
  );
  readonly #requests = this.#counter('SuccessfulRequestCount', 'Requests answered without an error', []);
  readonly #userErrors = this.#counter('UserErrors', 'Requests refused by a rule or by Cassandra', ['Rule']);
  readonly #systemErrors = this.#counter('SystemErrors', 'Faults switched on, and losses of the backing Cassandra', []);
  readonly #conditions = this.#counter('ConditionalCheckFailed', 'Conditional writes not applied', tableLabels);

  constructor(countsUnits: boolean) {
    this.#countsUnits = countsUnits;
  }

  wrote(table: TableName, units: number): void {
    if (this.#countsUnits) this.#writeUnits.inc(labelsOf(table), units);
  }

  read(table: TableName, units: number): void {
    if (this.#countsUnits) this.#readUnits.inc(labelsOf(table), units);
  }

  throttled(side: 'read' | 'write', table: TableName, cause: ThrottleCause | 'connection'): void {
    (side === 'read' ? this.#readThrottles : this.#writeThrottles).inc(labelsOf(table));
    if (cause === 'partition') this.#partition.inc(labelsOf(table));
    if (cause === 'connection') this.#connection.inc();
  }

  succeeded(): void {
    this.#requests.inc();
  }

  refused(rule: string): void {
    this.#userErrors.inc({ Rule: rule });
  }

  failed(): void {
    this.#systemErrors.inc();
  }

  conditionFailed(table: TableName): void {
    this.#conditions.inc(labelsOf(table));
  }

  #counter<T extends string>(name: string, help: string, labelNames: readonly T[]): Counter<T> {
    return new Counter({ name, help, labelNames: [...labelNames], registers: [this.registry] });
  }
}

function labelsOf({ keyspace, name }: TableName): { Keyspace: string; TableName: string } {
  return { Keyspace: keyspace, TableName: name };
}
