import type { TableCapacity } from '../capacity/table-capacity.ts';
import type { KeyspacesState } from '../keyspaces-state.ts';
import type { RuleBook } from '../rule-book.ts';
import type { SeededCoin } from '../seeded-coin.ts';
import type { KnownStatements } from '../statements/known-statement.ts';
import type { ChangeCapture } from '../streams/change-capture.ts';
import type { SystemTable } from '../system/system-table.ts';
import type { BackendPool } from './backend-pool.ts';
import type { FaultSwitches } from './fault-switches.ts';
import type { Meter } from './meter.ts';
import type { PreparedStatements } from './prepared-statements.ts';
import type { RangeDeletes } from './range-deletes.ts';
import type { TableLookup } from './table-lookup.ts';
import type { TieBreaker } from './tie-breaker.ts';
import type { WriteClock } from './write-clock.ts';

/** All that answering a request needs. One for a stand-in; sessions are one for a connection. */
export interface Engine {
  readonly rules: RuleBook;
  readonly state: KeyspacesState;
  readonly tables: TableLookup;
  readonly capacities: (tableArn: string) => TableCapacity;
  readonly statements: KnownStatements;
  readonly prepared: PreparedStatements;
  readonly backend: BackendPool;
  readonly rangeDeletes: RangeDeletes;
  readonly changes: ChangeCapture;
  readonly clock: WriteClock;
  readonly nowMicros: () => bigint;
  readonly meter: Meter;
  readonly faults: FaultSwitches;
  readonly coin: SeededCoin;
  readonly ties: TieBreaker;
  /** A made-up table as seen at one of the stand-in's addresses. */
  readonly systemTable: (address: string, keyspace: string, name: string) => SystemTable | undefined;
}
