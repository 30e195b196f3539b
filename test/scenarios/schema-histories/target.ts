import { keyspacesWindow } from '../../../src/model/write-timestamp.ts';
import type { Clock } from '../../../src/ports/clock.ts';
import {
  type BoundValue,
  type RowWrites,
  type TargetKeyspace,
  type TargetStatement,
  TargetWriteError,
} from '../../../src/ports/target-keyspace.ts';
import type { Random } from '../../model/simulation/random.ts';
import { statementsOfRows } from '../../support/statements-of-rows.ts';
import { MemoryKeyspace } from './memory-keyspace.ts';
import { statementToUpdate } from './statement-to-update.ts';
import { changing, tables } from './tables.ts';

/** The keyspace that takes over: slow, at times without an answer, and with rows that it refuses for a while. */
export class Target {
  readonly keyspace = new MemoryKeyspace('moved', tables);
  readonly #clock: Clock;
  readonly #random: Random;
  /** By table and partition key. */
  readonly #refusedUntil = new Map<string, bigint>();

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#random = random;
  }

  refuse(table: string, k: number, untilMicros: bigint): void {
    this.#refusedUntil.set(`${table}/${k}`, untilMicros);
  }

  /** As one worker, alive or dead, reaches it: what it had sent when it died may still arrive. */
  reachedBy(isDead: () => boolean): TargetKeyspace {
    const write = async (statement: TargetStatement, signal?: AbortSignal, valuesNow?: () => readonly BoundValue[]) => {
      signal?.throwIfAborted();
      await this.#clock.sleep(this.#random.int(this.#random.chance(0.1) ? 300 : 15));
      if (isDead() && this.#random.chance(0.5)) throw new TargetWriteError('transient', 'the worker is dead');
      this.#apply(valuesNow ? { ...statement, values: valuesNow() } : statement);
      await this.#clock.sleep(this.#random.int(5));
      if (isDead() || this.#random.chance(0.01)) throw new TargetWriteError('transient', 'no answer');
    };
    const reached: Partial<TargetKeyspace> = {
      limits: undefined,
      write,
      async writeRows(writes: RowWrites, signal?: AbortSignal) {
        const ends = await Promise.allSettled(statementsOfRows(writes).map((each) => write(each, signal)));
        for (const end of ends) if (end.status === 'rejected') throw end.reason;
      },
      writeCapacity: async () => undefined,
      clockSkewMicros: async () => 0n,
      schema: async () => this.keyspace.schema(),
      alter: async (ddl) => this.#alter(ddl),
      readPartition: (read) => this.keyspace.readPartition(read, this.#clock.nowMicros()),
    };
    return reached as TargetKeyspace;
  }

  #apply(statement: TargetStatement): void {
    const nowMicros = this.#clock.nowMicros();
    const update = statementToUpdate(statement, (name) => this.keyspace.table(name), nowMicros);
    const k = update.partitionKey.readInt32BE();
    if ((this.#refusedUntil.get(`${update.table.name}/${k}`) ?? 0n) > nowMicros)
      throw new TargetWriteError('refused', `row ${k} of ${update.table.name} is not taken just now`);
    for (const row of update.staticRow ? [update.staticRow, ...update.rows] : update.rows)
      for (const part of [row.marker, row.deletion, ...row.cells])
        if (part) throwOutsideWindow(part.timestampMicros, nowMicros);
    this.keyspace.rowsOf(update.table.name).apply(update);
  }

  #alter(ddl: string): void {
    const [, table, column] = /ALTER TABLE "moved"\."(\w+)" ADD "(\w+)"/.exec(ddl)!;
    if (this.keyspace.hasColumn(table!, column!)) return;
    this.keyspace.add(table!, changing[table!]!.find(({ name }) => name === column)!);
  }
}

function throwOutsideWindow(timestampMicros: bigint, nowMicros: bigint): void {
  const { pastMicros, futureMicros } = keyspacesWindow;
  if (timestampMicros < nowMicros - pastMicros || timestampMicros > nowMicros + futureMicros)
    throw new TargetWriteError('refused', 'a timestamp outside the window');
}
