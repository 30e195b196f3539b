import { systemClock } from '../../src/adapters/clock.ts';
import { createTargetWriter } from '../../src/apply/target-writer.ts';
import { decodeRecord } from '../../src/feeds/decode-record.ts';
import { SchemaHistory } from '../../src/feeds/schema-history.ts';
import type { RecordEvent } from '../../src/model/change-event.ts';
import type { PartitionUpdate } from '../../src/model/mutation.ts';
import type { SchemaRows } from '../../src/model/schema.ts';
import type { Table } from '../../src/model/table.ts';
import { keyspacesWindow } from '../../src/model/write-timestamp.ts';
import type { TargetKeyspace } from '../../src/ports/target-keyspace.ts';
import type { Sandbox } from '../../src/sandbox/sandbox-state.ts';
import { copySplit } from '../../src/snapshot/copy-split.ts';
import { type AppliedBatch, applyBatch } from '../../src/stream/apply-batch.ts';
import { RecentUpdates } from '../../src/stream/copies.ts';
import { PartitionsUnderWay } from '../../src/stream/partitions-under-way.ts';
import { reapplySlices } from '../../src/stream/reapply-slices.ts';
import { SliceKeeper } from '../../src/stream/slice-keeper.ts';
import { inMemoryBus, type MemoryBus } from '../support/in-memory-bus.ts';
import { openTwoKeyspaces, type TwoKeyspaces } from '../support/two-keyspaces.ts';
import { openNodeLog } from './any-order/node-log.ts';

const clock = systemClock();
const minute = 60_000_000n;
const beganMicros = clock.nowMicros();

/** A keyspace whose changes a test takes from the node's log and brings to the target in the order it likes. */
export interface FollowedKeyspace extends AsyncDisposable {
  readonly two: TwoKeyspaces;
  /** The schema as it was when this was opened. */
  readonly schema: SchemaRows;
  /** Runs statements on the source and answers their records, one a statement as a rule, among those of other keyspaces. */
  records(...statements: readonly string[]): Promise<readonly RecordEvent[]>;
  /** The updates of those records. */
  changes(...statements: readonly string[]): Promise<readonly PartitionUpdate[]>;
  /** What a table shows on each side: rows as text. */
  shown(select: string): Promise<{ readonly source: readonly string[]; readonly target: readonly string[] }>;
}

export async function openFollowedKeyspace(
  sandbox: Sandbox,
  name: string,
  ddl: readonly string[],
): Promise<FollowedKeyspace> {
  const log = await openNodeLog(sandbox.source[0]!.commitLogDir);
  const two = await openTwoKeyspaces(sandbox, name, [...ddl, 'CREATE TABLE KS.mark (id int PRIMARY KEY)']);
  const schema = await two.source.schema(two.keyspace);
  const history = new SchemaHistory(schema, clock.nowMicros() - minute);
  const markId = two.tables.find((table) => table.name === 'mark')!.id;
  let mark = 0;
  await records();

  async function records(...statements: readonly string[]): Promise<readonly RecordEvent[]> {
    for (const statement of statements) await two.onSource(statement);
    await two.onSource(`INSERT INTO KS.mark (id) VALUES (${++mark})`);
    const found: RecordEvent[] = [];
    for (;;) {
      for (const event of await log.read()) {
        const tableId = event.body.subarray(1, 17).toString('hex');
        if (tableId === markId && event.body.readInt32BE(18) === mark) return found;
        if (tableId !== markId) found.push(event);
      }
      await clock.sleep(50);
    }
  }

  async function changes(...statements: readonly string[]): Promise<readonly PartitionUpdate[]> {
    return (await records(...statements)).flatMap((event) => {
      const decoded = decodeRecord(event, history.tableById);
      if (decoded.kind === 'poison') throw decoded.error;
      const updates = decoded.kind === 'mutation' ? decoded.mutation.updates : [];
      return updates.filter((update) => update.table.keyspace === two.keyspace);
    });
  }

  async function shown(select: string) {
    const [source, target] = await Promise.all([two.onSource(select), two.onTarget(select)]);
    const textOf = (row: readonly (Buffer | null)[]) => row.map((cell) => cell?.toString('hex') ?? '-').join(' ');
    return { source: source!.rows.map(textOf), target: target!.rows.map(textOf) };
  }

  return {
    two,
    schema,
    records,
    changes,
    shown,
    async [Symbol.asyncDispose]() {
      await log.close();
      await two[Symbol.asyncDispose]();
    },
  };
}

/** A worker of the stream, with what it remembers, applying what it is given. */
export interface StreamWorker {
  apply(...updates: readonly PartitionUpdate[]): Promise<AppliedBatch>;
  /** As after each split of the snapshot and at the drain. */
  goOverSlices(): Promise<void>;
  readonly letters: string[];
}

export interface WorkerOptions {
  /** 'before': every change is newer; 'after': every change is older, and so recopied. */
  readonly handOver?: 'before' | 'after';
  readonly bus?: MemoryBus;
  readonly source?: TwoKeyspaces['source'];
  readonly target?: TargetKeyspace;
}

export async function startWorker(two: TwoKeyspaces, options: WorkerOptions = {}): Promise<StreamWorker> {
  const { handOver = 'before', bus = inMemoryBus(), source = two.source, target = two.target } = options;
  const handOverMicros = beganMicros + (handOver === 'before' ? -10n : 20n) * minute;
  const recent = new RecentUpdates(100);
  const letters: string[] = [];
  const parts = {
    source,
    target,
    writer: createTargetWriter({ target, clock, report: () => {}, maxInFlight: 64 }),
    clock,
    window: keyspacesWindow,
    keyspace: two.targetKeyspace,
    keeper: await SliceKeeper.open({ bus: bus.bus, clock }, 0),
    underWay: new PartitionsUnderWay(),
    deadLetters: { add: async ({ reason }: { readonly reason: string }) => void letters.push(reason) },
    parkIfPaused: async () => false,
    targetSkewMicros: 0n,
  };
  return {
    letters,
    async apply(...updates) {
      const received = updates.map((update) => ({ update, event: undefined }));
      return applyBatch(
        received,
        {
          isMigrated: () => true,
          isRecopied: () => false,
          copies: recent.ofBatch(),
          handOverMicros,
          nowMicros: clock.nowMicros(),
          window: keyspacesWindow,
        },
        parts,
      );
    },
    goOverSlices: () =>
      reapplySlices(parts.keeper.slices(), {
        ...parts,
        handOverMicros,
        tableById: (id) => two.tables.find((table) => table.id === id),
      }),
  };
}

/** A snapshot of a table that has read everything and writes only when it is released. */
export async function beginSnapshot(two: TwoKeyspaces, table: Table): Promise<{ finish(): Promise<void> }> {
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  let hasRead = () => {};
  const read = new Promise<void>((resolve) => {
    hasRead = resolve;
  });
  const late = {
    writeCapacity: two.target.writeCapacity,
    async write(...write: Parameters<TargetKeyspace['write']>) {
      hasRead();
      await released;
      await two.target.write(...write);
    },
    async writeRows(...write: Parameters<TargetKeyspace['writeRows']>) {
      hasRead();
      await released;
      await two.target.writeRows(...write);
    },
  };
  const parts = {
    source: two.source,
    writer: createTargetWriter({ target: late, clock, report: () => {}, maxInFlight: 1000 }),
    deadLetters: { add: () => Promise.reject(new Error('the snapshot buries nothing here')) },
    clock,
    report: () => {},
    window: keyspacesWindow,
    keyspace: two.targetKeyspace,
    pace: { take: async () => {} },
    worker: 'test',
    rowsAtOnce: 1000,
    mostBytes: Number.POSITIVE_INFINITY,
  };
  const range = { start: -(2n ** 63n), end: 2n ** 63n - 1n };
  const done = copySplit({ id: `${table.name}/0`, table: table.name, tableId: table.id, range }, table, parts);
  await read;
  return {
    async finish() {
      release();
      await done;
    },
  };
}
