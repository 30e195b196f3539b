import { randomBytes } from 'node:crypto';
import type { ViewType } from '../state/table-settings.ts';
import { changeRecord, type RowChange } from './row-change.ts';

/** How long a record can be read. */
export const retentionMs = 24 * 3_600_000;
const leastToken = -(2n ** 63n);
const greatestToken = 2n ** 63n - 1n;

interface LoggedRecord {
  readonly sequenceNumber: string;
  readonly atMs: number;
  readonly record: object;
}

/** A range of tokens, both ends included, for a while. Whoever follows it reads its parents to their end first. */
export interface Shard {
  readonly id: string;
  readonly parents: readonly string[];
  readonly from: bigint;
  readonly to: bigint;
  readonly starting: string;
  /** Undefined while it is open. */
  ending: string | undefined;
  endedAtMs: number | undefined;
  /** Nothing up to here can be read any more. */
  trimmed: string;
  records: LoggedRecord[];
}

interface ChangeLogOptions {
  readonly viewType: ViewType;
  /** A shard with so many records is split in two; default 10,000. */
  readonly recordsPerShard?: number;
}

/** The changes of one table in shards, in the order in which they happened to each key; a day's worth. */
export class ChangeLog {
  readonly #options: Required<ChangeLogOptions>;
  readonly #shards = new Map<string, Shard>();
  #last = { atMs: 0, count: 0n };

  constructor(options: ChangeLogOptions, nowMs: number) {
    this.#options = { recordsPerShard: 10_000, ...options };
    this.#open([], leastToken, greatestToken, nowMs);
  }

  append(change: RowChange, nowMs: number): void {
    const shard = this.#openShardOf(change.token);
    const sequenceNumber = this.#nextNumber(nowMs);
    const record = changeRecord(change, this.#options.viewType, { sequenceNumber, createdAtMs: nowMs });
    shard.records.push({ sequenceNumber, atMs: nowMs, record });
    if (shard.records.length >= this.#options.recordsPerShard && shard.from < shard.to) this.#split(shard, nowMs);
  }

  /** Ends all shards: the stream takes nothing more. */
  end(nowMs: number): void {
    for (const shard of this.#shards.values()) if (shard.ending === undefined) this.#close(shard, nowMs);
  }

  /** Shards with something to read, parents before children. */
  shards(nowMs: number): readonly Shard[] {
    this.#trim(nowMs);
    return [...this.#shards.values()];
  }

  shard(id: string, nowMs: number): Shard | undefined {
    this.#trim(nowMs);
    return this.#shards.get(id);
  }

  #openShardOf(token: bigint): Shard {
    for (const shard of this.#shards.values())
      if (shard.ending === undefined && shard.from <= token && token <= shard.to) return shard;
    throw new Error(`no open shard for token ${token}`);
  }

  #split(shard: Shard, nowMs: number): void {
    const middle = (shard.from + shard.to) >> 1n;
    this.#close(shard, nowMs);
    this.#open([shard.id], shard.from, middle, nowMs);
    this.#open([shard.id], middle + 1n, shard.to, nowMs);
  }

  #open(parents: readonly string[], from: bigint, to: bigint, nowMs: number): void {
    const starting = this.#nextNumber(nowMs);
    const id = `shardId-${`${nowMs}`.padStart(20, '0')}-${randomBytes(4).toString('hex')}`;
    const life = { ending: undefined, endedAtMs: undefined, trimmed: starting, records: [] };
    this.#shards.set(id, { id, parents, from, to, starting, ...life });
  }

  #close(shard: Shard, nowMs: number): void {
    shard.ending = this.#nextNumber(nowMs);
    shard.endedAtMs = nowMs;
  }

  #trim(nowMs: number): void {
    const horizonMs = nowMs - retentionMs;
    for (const shard of this.#shards.values()) {
      const kept = shard.records.findIndex(({ atMs }) => atMs >= horizonMs);
      const gone = kept < 0 ? shard.records.length : kept;
      if (gone > 0) shard.trimmed = shard.records[gone - 1]!.sequenceNumber;
      if (gone > 0) shard.records = shard.records.slice(gone);
      if (shard.endedAtMs !== undefined && shard.endedAtMs < horizonMs) this.#shards.delete(shard.id);
    }
  }

  /** 25 digits, rising also where the clock is set back. */
  #nextNumber(nowMs: number): string {
    const atMs = Math.max(nowMs, this.#last.atMs);
    this.#last = { atMs, count: this.#last.count + 1n };
    return `${`${atMs}`.padStart(13, '0')}${`${this.#last.count}`.padStart(12, '0')}`;
  }
}
