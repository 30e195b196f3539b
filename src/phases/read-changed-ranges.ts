import { OperatorError } from '../errors.ts';
import { outlineChange } from '../feeds/outline-change.ts';
import { type TokenRange, tokenOf } from '../model/token.ts';
import { changesPartition } from '../model/topics.ts';
import type { Message } from '../ports/message-bus.ts';
import { readChangeEvent } from '../stream/read-change-event.ts';
import { ChangedKeys } from '../validation/changed-keys.ts';
import { ChangedTokens, joinRanges } from '../validation/changed-tokens.ts';
import { inParallel } from '../validation/in-parallel.ts';
import type { WorkerContext } from './phase-context.ts';
import { handOverOf } from './start-source.ts';

/** More than the clocks of broker, nodes and ours may differ; reading a little more costs a little and loses nothing. */
const marginMs = 10 * 60_000;

export interface ChangedRanges {
  /** Messages of the changes topic. */
  readonly changes: number;
  rangesOf(tableId: string): readonly TokenRange[];
  /** The partition keys in them; undefined: not known, as too many have changed, or some in nobody knows which of several tables. */
  keysOf(tableId: string): readonly Buffer[] | undefined;
}

/**
 * Where rows may have changed since an instant: the tokens of every change that was published since then, up to the end
 * of the topic as it is now. A change of several tables names them all.
 */
export async function readChangedRanges(
  { bus, ledger, signal }: WorkerContext,
  sinceMicros: bigint,
): Promise<ChangedRanges> {
  const tables = new Map<string, Changed>();
  const everywhere = new ChangedTokens();
  const from = { kind: 'published-since', atMs: Number(sinceMicros / 1000n) - marginMs } as const;
  const partitions = Array.from({ length: handOverOf(ledger.state.handOver).changesPartitions }, (_, index) => index);
  const counts = await inParallel(partitions, 4, signal, readPartition);
  return {
    changes: counts.reduce((sum, count) => sum + count, 0),
    rangesOf: (tableId) => joinRanges([...changedOf(tableId).tokens.ranges(), ...everywhere.ranges()]),
    // A key of one table may be none of another.
    keysOf: (tableId) => (everywhere.ranges().length > 0 ? undefined : changedOf(tableId).keys.all()),
  };

  async function readPartition(partition: number): Promise<number> {
    const reader = await bus.reader(changesPartition(partition), from, signal);
    let count = 0;
    try {
      for (let message = await reader.nextUntilEnd(signal); message; message = await reader.nextUntilEnd(signal)) {
        const event = readChangeEvent(message);
        // Watermarks and drain marks change no row.
        if (event !== undefined && event.kind !== 'record') continue;
        const outline = event && outlineChange(event);
        count++;
        const key = outline?.partitionKey ?? message.key;
        if (key === null) throw unreadable(partition, message);
        // Which tables follow the first only decoding can tell, and bytes that are no record may be of any.
        if (outline?.updateCount === 1) add(key, changedOf(outline.firstTableId));
        else everywhere.add(tokenOf(key));
      }
    } finally {
      await reader.close();
    }
    return count;
  }

  function changedOf(tableId: string): Changed {
    const changed = tables.get(tableId) ?? { tokens: new ChangedTokens(), keys: new ChangedKeys() };
    tables.set(tableId, changed);
    return changed;
  }
}

/** Of one table. */
interface Changed {
  readonly tokens: ChangedTokens;
  readonly keys: ChangedKeys;
}

function add(key: Buffer, { tokens, keys }: Changed): void {
  tokens.add(tokenOf(key));
  keys.add(key);
}

function unreadable(partition: number, { position }: Message): OperatorError {
  return new OperatorError({
    expected: 'changes with a partition key on the changes topic',
    found: `none at ${position.text} of partition ${partition}`,
    next: 'validate everything: what that message changed cannot be known',
  });
}
