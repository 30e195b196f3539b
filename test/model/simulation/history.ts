import type { PartitionUpdate } from '../../../src/model/mutation.ts';
import { day, handOver, hour, minute, second } from './instants.ts';
import type { Random } from './random.ts';
import { type Application, rowKey, updateOf, writeRow, writeSomething } from './random-writes.ts';
import { clusterings, partitionKeys } from './simulated-table.ts';

export const replicaCount = 3;

/** How often a write of a common history takes the timestamp of another one. */
export const fewTies = 0.01;

/** One write of the application, acknowledged at consistency ONE. */
export interface Operation {
  readonly at: bigint;
  readonly update: PartitionUpdate;
  /** When each replica has it. */
  readonly arrivals: readonly bigint[];
}

interface Writer extends Application {
  readonly tieProbability: number;
  readonly outages: readonly (readonly Outage[])[];
  /** By partition. */
  readonly usedTimestamps: Map<Buffer, bigint[]>;
}

/** All writes of a run: most around the hand-over or two days before the sink's work, where the rule's edges are. */
export function generateHistory(random: Random, sinkStart: bigint, tieProbability = fewTies): readonly Operation[] {
  const writer = writerOf(random, sinkStart, tieProbability);
  const count = 6 + random.int(20);
  const times = Array.from({ length: count }, () => timeOfWrite(random, sinkStart)).sort((a, b) => (a < b ? -1 : 1));
  return [...oldRows(writer), ...times.map((at) => operationAt(at, writer))];
}

function writerOf(random: Random, sinkStart: bigint, tieProbability: number): Writer {
  const keys = partitionKeys.flatMap((key) => clusterings.map((clustering) => rowKey(key, clustering)));
  const styles = new Map(
    keys.map((key) => [key, random.pick(['inserted', 'inserted', 'updated', 'expiring'] as const)]),
  );
  return {
    random,
    styles,
    ttlSeconds: 600 + random.int(400_000),
    outages: outagesOf(random, sinkStart),
    tieProbability,
    usedTimestamps: new Map(),
    values: 0,
  };
}

function timeOfWrite(random: Random, sinkStart: bigint): bigint {
  const kind = random.next();
  if (kind < 0.45) return random.micros(handOver - 3n * hour, handOver + 3n * hour);
  if (kind < 0.75) return random.micros(sinkStart - 48n * hour, sinkStart - 43n * hour);
  return random.micros(handOver - 60n * hour, handOver + 72n * hour);
}

/** Rows that every replica has had for days. */
function oldRows(writer: Writer): readonly Operation[] {
  return partitionKeys.flatMap((partitionKey) =>
    clusterings.flatMap((clustering) => {
      if (writer.random.chance(0.4)) return [];
      const at = writer.random.micros(handOver - 10n * day, handOver - 4n * day);
      const row = writeRow(writer, partitionKey, clustering, { at, timestampMicros: at });
      return [{ at, update: updateOf(partitionKey, { rows: [row] }), arrivals: Array(replicaCount).fill(at) }];
    }),
  );
}

function operationAt(at: bigint, writer: Writer): Operation {
  const partitionKey = writer.random.pick(partitionKeys);
  const stamp = { at, timestampMicros: writeTimestamp(at, partitionKey, writer) };
  return { at, update: writeSomething(partitionKey, stamp, writer), arrivals: arrivalsOf(at, writer) };
}

/** Clients' clocks are off by up to 20 s; now and then two writes meet in one microsecond. */
function writeTimestamp(at: bigint, partitionKey: Buffer, { random, usedTimestamps, tieProbability }: Writer): bigint {
  const used = usedTimestamps.get(partitionKey) ?? [];
  const isTie = used.length > 0 && random.chance(tieProbability);
  const timestamp = isTie ? random.pick(used) : at + random.micros(-20n * second, 20n * second);
  usedTimestamps.set(partitionKey, [...used, timestamp]);
  return timestamp;
}

/** A replica that is down gets its hints in a burst when it is back. */
interface Outage {
  readonly from: bigint;
  readonly to: bigint;
}

/** Half of them end while the sink is at work. */
function outagesOf(random: Random, sinkStart: bigint): readonly (readonly Outage[])[] {
  return Array.from({ length: replicaCount }, () =>
    Array.from({ length: random.int(3) }, () => {
      const to = random.chance(0.5)
        ? sinkStart + random.micros(0n, 2n * hour)
        : random.micros(handOver - 20n * hour, handOver + 80n * hour);
      return { from: to - random.micros(minute, random.chance(0.5) ? 4n * hour : 60n * hour), to };
    }),
  );
}

/** One replica at once (consistency ONE), the others soon, by a single late hint, or when they are back. */
function arrivalsOf(at: bigint, { random, outages }: Writer): readonly bigint[] {
  const backAt = outages.map((each) => each.find(({ from, to }) => from <= at && at < to)?.to);
  const up = backAt.flatMap((back, replica) => (back === undefined ? replica : []));
  const prompt = up.length > 0 ? random.pick(up) : random.int(replicaCount);
  return backAt.map((back, replica) => {
    if (replica === prompt) return at + random.micros(1000n, 2n * second);
    if (back !== undefined) return back + random.micros(second, 20n * minute);
    const kind = random.next();
    if (kind < 0.7) return at + random.micros(1000n, 2n * second);
    return at + (kind < 0.9 ? random.micros(minute, 8n * hour) : random.micros(8n * hour, 60n * hour));
  });
}
