import { allEnded } from '../../../src/apply/all-ended.ts';
import { createTargetWriter, type TargetWriter } from '../../../src/apply/target-writer.ts';
import type { PartitionUpdate } from '../../../src/model/mutation.ts';
import type { Table } from '../../../src/model/table.ts';
import { tokenOf } from '../../../src/model/token.ts';
import { keyspacesWindow } from '../../../src/model/write-timestamp.ts';
import type { Clock } from '../../../src/ports/clock.ts';
import type { SourceCluster } from '../../../src/ports/source-cluster.ts';
import type { TargetKeyspace } from '../../../src/ports/target-keyspace.ts';
import { copySplit } from '../../../src/snapshot/copy-split.ts';
import { applyBatch } from '../../../src/stream/apply-batch.ts';
import { RecentUpdates } from '../../../src/stream/copies.ts';
import { PartitionMovedError } from '../../../src/stream/partition-moved-error.ts';
import { PartitionsUnderWay } from '../../../src/stream/partitions-under-way.ts';
import { reapplySlices } from '../../../src/stream/reapply-slices.ts';
import { SliceKeeper } from '../../../src/stream/slice-keeper.ts';
import { type Random, randomOf } from '../../model/simulation/random.ts';
import { inMemoryBus } from '../../support/in-memory-bus.ts';
import type { History } from './history.ts';

export interface StreamWorld {
  readonly source: SourceCluster;
  readonly target: TargetKeyspace;
  readonly writer: TargetWriter;
  readonly targetKeyspace: string;
  readonly clock: Clock;
  readonly tables: readonly Table[];
  readonly targetSkewMicros: bigint;
}

const oneStragglerIn = 7;

/** The road of one history's changes to the target: batches in any order, some of them at once, a snapshot in between, crashes. */
export class HistoryStream {
  readonly history: History;
  readonly #world: StreamWorld;
  readonly #bus = inMemoryBus();
  readonly #letters: string[] = [];
  readonly #waiting: PartitionUpdate[] = [];
  #keeper: SliceKeeper | undefined;
  #recent = new RecentUpdates(1000);
  #underWay = new PartitionsUnderWay();
  /** Of its own, so that a seed is the same history with and without them. */
  readonly #replacements: Random;
  #writes = 0;
  /** Those that were under way together. */
  #lastBatches: readonly (readonly PartitionUpdate[])[] = [];
  #snapshot: { release(): void; readonly done: Promise<void> } | undefined;
  #hasSnapshot = false;

  constructor(history: History, world: StreamWorld) {
    this.history = history;
    this.#world = world;
    this.#replacements = randomOf(history.seed ^ 0x5eed);
  }

  /** What the target refused. */
  get letters(): readonly string[] {
    return this.#letters;
  }

  /** Three replicas' copies of each change. */
  receive(updates: readonly PartitionUpdate[]): void {
    for (const update of updates) this.#waiting.push(update, update, update);
  }

  /** Applies about `share` of what waits, in random order and batches. */
  async apply(share: number): Promise<void> {
    const { random } = this.history;
    shuffle(this.#waiting, random);
    let left = Math.ceil(this.#waiting.length * share);
    while (left > 0) {
      const batches: (readonly PartitionUpdate[])[] = [];
      for (let more = 1 + random.int(4); more > 0 && left > 0; more--) {
        const size = Math.min(left, 1 + random.int(random.chance(0.2) ? 40 : 6));
        batches.push(this.#waiting.splice(0, size));
        left -= size;
      }
      await this.#applyOverlapping(batches);
      await this.#mishap();
    }
  }

  /** All that is left, the snapshot too, and the slices once more, as at the end of a migration. */
  async drain(): Promise<void> {
    if (!this.#hasSnapshot) this.#beginSnapshot();
    await this.apply(0.5);
    await this.#endSnapshot();
    await this.apply(1);
    await this.#reapply();
  }

  async #mishap(): Promise<void> {
    const { random } = this.history;
    if (!this.#hasSnapshot && random.chance(0.05)) this.#beginSnapshot();
    if (this.#snapshot && random.chance(0.1)) await this.#endSnapshot();
    if (random.chance(0.03)) await this.#crash();
  }

  /** The next worker reads the journal and is given the last batch again. */
  async #crash(): Promise<void> {
    this.#beginAnew();
    await this.#applyOverlapping(this.#lastBatches);
  }

  #beginAnew(): void {
    this.#keeper = undefined;
    this.#recent = new RecentUpdates(1000);
    this.#underWay = new PartitionsUnderWay();
  }

  async #applyOverlapping(batches: readonly (readonly PartitionUpdate[])[]): Promise<void> {
    await this.#parts();
    const applied = allEnded(batches.map((batch) => this.#applyBatch(batch)));
    if (!this.#replacements.chance(0.05)) await applied;
    else await allEnded([applied.catch(throwUnlessMoved), this.#replaceAndApply(batches)]);
    this.#lastBatches = batches;
  }

  /** The worker was taken for dead: another one is given what it has in hand, and it goes on until it needs the journal. */
  async #replaceAndApply(batches: readonly (readonly PartitionUpdate[])[]): Promise<void> {
    await this.#world.clock.sleep(this.#replacements.int(40));
    this.#beginAnew();
    await this.#parts();
    await allEnded(batches.map((batch) => this.#applyBatch(batch)));
  }

  async #applyBatch(updates: readonly PartitionUpdate[]): Promise<void> {
    const parts = await this.#parts();
    const context = {
      isMigrated: () => true,
      isRecopied: () => false,
      copies: this.#recent.ofBatch(),
      handOverMicros: this.history.handOverMicros,
      nowMicros: parts.clock.nowMicros(),
      window: keyspacesWindow,
    };
    const received = updates.map((update) => ({ update, event: undefined }));
    await applyBatch(received, context, parts);
  }

  async #parts() {
    const { source, target, writer, targetKeyspace, clock, targetSkewMicros } = this.#world;
    this.#keeper ??= await SliceKeeper.open({ bus: this.#bus.bus, clock }, 0);
    const deadLetters = {
      add: async ({ table, reason }: { table: string; reason: string }) =>
        void this.#letters.push(`${table}: ${reason}`),
      close: async () => {},
    };
    return {
      source,
      target,
      writer: this.#withStragglers(writer),
      clock,
      window: keyspacesWindow,
      keyspace: targetKeyspace,
      keeper: this.#keeper,
      underWay: this.#underWay,
      deadLetters,
      parkIfPaused: async () => false,
      targetSkewMicros,
    };
  }

  /** Some writes are late, so that what another batch does comes before them. */
  #withStragglers(writer: TargetWriter): TargetWriter {
    const { clock } = this.#world;
    const beforeLong = async () => {
      if (++this.#writes % oneStragglerIn === 0) await clock.sleep(30);
    };
    return {
      limits: writer.limits,
      confirmed: writer.confirmed,
      write: (...write) => beforeLong().then(() => writer.write(...write)),
      writeOnce: (...write) => beforeLong().then(() => writer.writeOnce(...write)),
      writeRow: (...write) => beforeLong().then(() => writer.writeRow(...write)),
      writeTogether: (...write) => beforeLong().then(() => writer.writeTogether(...write)),
      rowsTogether: (cql) => writer.rowsTogether(cql),
    };
  }

  /** Reads now and writes when it is released. */
  #beginSnapshot(): void {
    this.#hasSnapshot = true;
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    this.#snapshot = { release, done: this.#copy(released) };
  }

  async #endSnapshot(): Promise<void> {
    if (!this.#snapshot) return;
    this.#snapshot.release();
    await this.#snapshot.done;
    this.#snapshot = undefined;
    await this.#reapply();
  }

  async #reapply(): Promise<void> {
    const parts = await this.#parts();
    const tableById = (id: string) => this.#world.tables.find((table) => table.id === id);
    await reapplySlices(parts.keeper.slices(), {
      ...parts,
      handOverMicros: this.history.handOverMicros,
      tableById,
    });
  }

  async #copy(released: Promise<void>): Promise<void> {
    const { source, target, targetKeyspace, clock, tables } = this.#world;
    const late = {
      writeCapacity: target.writeCapacity,
      async write(...write: Parameters<TargetKeyspace['write']>) {
        await released;
        await target.write(...write);
      },
      async writeRows(...write: Parameters<TargetKeyspace['writeRows']>) {
        await released;
        await target.writeRows(...write);
      },
    };
    const parts = {
      source,
      writer: createTargetWriter({ target: late, clock, report: () => {}, maxInFlight: 1000 }),
      pace: { take: async () => {} },
      deadLetters: { add: async ({ reason }: { reason: string }) => void this.#letters.push(`snapshot: ${reason}`) },
      clock,
      report: () => {},
      window: keyspacesWindow,
      keyspace: targetKeyspace,
      worker: 'test',
      rowsAtOnce: 1000,
      mostBytes: Number.POSITIVE_INFINITY,
    };
    await Promise.all(
      tables.flatMap((table) =>
        partitionsOf(table, this.history.number).map((key) => {
          const token = tokenOf(key);
          const range = { start: token - 1n, end: token };
          return copySplit({ id: `${table.name}/0`, table: table.name, tableId: table.id, range }, table, parts);
        }),
      ),
    );
  }
}

/** Every partition key that a history's statements can name, as in the log. */
function partitionsOf(table: Table, number: number): readonly Buffer[] {
  const h = Buffer.alloc(4);
  h.writeInt32BE(number);
  if (table.partitionKey.length === 1) return [h];
  const seconds = table.name === 'wide' ? ['a', 'b'].map((p) => Buffer.from(p)) : [0, 1].map(int32);
  return seconds.map((second) => Buffer.concat([component(h), component(second)]));
}

function component(value: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(value.length);
  return Buffer.concat([length, value, Buffer.from([0])]);
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function throwUnlessMoved(error: unknown): void {
  if (!(error instanceof PartitionMovedError)) throw error;
}

function shuffle<T>(list: T[], random: History['random']): void {
  for (let at = list.length - 1; at > 0; at--) {
    const other = random.int(at + 1);
    [list[at], list[other]] = [list[other]!, list[at]!];
  }
}
