import type { Table } from '../../model/table.ts';
import { tokenOf } from '../../model/token.ts';
import { parseAvroSchema } from '../../wire/avro/avro-type.ts';
import { type AvroValue, readAvro } from '../../wire/avro/read-avro.ts';
import { UnfitValueError } from './encode-cql.ts';
import { keyOfMessage, type MessageKey } from './key-of-message.ts';

/** A message of the agent's events topic: a key that was written, and nothing of what was written. */
export interface DirtyKey extends MessageKey {
  /** The newest write time of the mutation in this partition; undefined for what a backfill published. */
  readonly writeTimeMicros: bigint | undefined;
  /** Host id of the node whose log held the mutation; undefined for a backfill's. */
  readonly node: string | undefined;
  /** Of the whole mutation, the same on every replica. */
  readonly digest: string | undefined;
}

export interface FeedMessage {
  readonly key: Buffer | null;
  readonly properties: Readonly<Record<string, string>>;
  readonly payload: Buffer;
}

/** Throws AvroError, UnfitValueError or SyntaxError for what is no event of the table. */
export function readEvent(message: FeedMessage, table: Table): DirtyKey {
  if (message.key === null) throw new TypeError('an event without a key');
  const value = readAvro(mutationValue, message.payload) as ReadonlyMap<string, AvroValue>;
  const key = keyOfMessage(message.key, table, 'avro');
  throwOnOtherToken(key, message.properties);
  return {
    ...key,
    writeTimeMicros: writeTimeOf(message.properties),
    node: (value.get('nodeId') as string | null) ?? undefined,
    digest: (value.get('md5Digest') as string | null) ?? undefined,
  };
}

/** The agent takes the token from the mutation itself: a `time` that it cut to microseconds makes the key of another row. */
function throwOnOtherToken({ partitionKey }: MessageKey, { token = '' }: FeedMessage['properties']): void {
  const own = `${tokenOf(partitionKey)}`;
  if (token !== '' && token !== own)
    throw new UnfitValueError(`a partition key with the token ${own}, where the node wrote one with ${token}`);
}

/** Negative ones occur; a mutation at exactly -1 comes without, as does a backfill. */
export function writeTimeOf({ writetime }: FeedMessage['properties']): bigint | undefined {
  return writetime === undefined ? undefined : BigInt(writetime);
}

/** The fields in the order of their names: that is how Avro for Java derives a schema from a class. */
const mutationValue = parseAvroSchema({
  type: 'record',
  name: 'MutationValue',
  fields: [
    { name: 'columns', type: ['null', { type: 'array', items: 'string' }] },
    { name: 'md5Digest', type: ['null', 'string'] },
    { name: 'nodeId', type: ['null', 'string'] },
  ],
});
