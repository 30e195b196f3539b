import type { KeyspacesState } from '../keyspaces-state.ts';
import { notFound } from '../state/keyspaces-error.ts';
import type { StreamRecord } from '../state/records.ts';
import { ChangeLog, retentionMs } from './change-log.ts';
import type { RowChange } from './row-change.ts';

export interface KnownStream {
  readonly keyspace: string;
  readonly table: string;
  readonly stream: StreamRecord;
  readonly log: ChangeLog;
  /** Undefined while it takes changes. */
  readonly endedAtMs: number | undefined;
}

/** Every stream of every table, with its changes; those that ended stay readable for a day. */
export class StreamRegistry {
  readonly #state: KeyspacesState;
  readonly #streams = new Map<string, KnownStream>();
  readonly #recordsPerShard: number | undefined;
  readonly #unsubscribe: () => void;

  constructor(state: KeyspacesState, recordsPerShard?: number) {
    this.#state = state;
    this.#recordsPerShard = recordsPerShard;
    this.#unsubscribe = state.subscribe(({ kind, keyspace, name }) => {
      if (kind === 'table') this.#observe(keyspace, name!);
      if (kind === 'keyspace') this.#endThoseGone();
    });
  }

  isTakingChanges(keyspace: string, table: string): boolean {
    return this.#state.table(keyspace, table)?.stream?.status === 'ENABLED';
  }

  /** Called by the CQL side for each row that a write changed; a table without a stream has none to tell. */
  onRowChanged(keyspace: string, table: string, change: RowChange): void {
    const stream = this.#state.table(keyspace, table)?.stream;
    if (stream?.status !== 'ENABLED') return;
    this.#streams.get(stream.arn)?.log.append(change, this.#state.nowMs());
  }

  all(): readonly KnownStream[] {
    const horizonMs = this.#state.nowMs() - retentionMs;
    for (const [arn, { endedAtMs }] of this.#streams)
      if (endedAtMs !== undefined && endedAtMs < horizonMs) this.#streams.delete(arn);
    return [...this.#streams.values()];
  }

  /** Throws KeyspacesError for one that is not known, or no longer. */
  find(arn: string): KnownStream {
    const known = this.all().find(({ stream }) => stream.arn === arn);
    if (!known) throw notFound(`Stream ${arn}`, arn);
    return known;
  }

  close(): void {
    this.#unsubscribe();
  }

  #observe(keyspace: string, table: string): void {
    const stream = this.#state.table(keyspace, table)?.stream;
    if (!stream) {
      this.#endThoseGone();
      return;
    }
    const known = this.#streams.get(stream.arn);
    const nowMs = this.#state.nowMs();
    const more = this.#recordsPerShard === undefined ? {} : { recordsPerShard: this.#recordsPerShard };
    const log = known?.log ?? new ChangeLog({ viewType: stream.viewType, ...more }, nowMs);
    const isOver = stream.status === 'DISABLED';
    if (isOver && known?.endedAtMs === undefined) log.end(nowMs);
    const endedAtMs = isOver ? (known?.endedAtMs ?? nowMs) : undefined;
    this.#streams.set(stream.arn, { keyspace, table, stream, log, endedAtMs });
  }

  /** Streams of tables that were dropped. */
  #endThoseGone(): void {
    for (const [arn, known] of this.#streams) {
      if (known.endedAtMs !== undefined || this.#state.table(known.keyspace, known.table)) continue;
      const endedAtMs = this.#state.nowMs();
      known.log.end(endedAtMs);
      this.#streams.set(arn, { ...known, stream: { ...known.stream, status: 'DISABLED' }, endedAtMs });
    }
  }
}
