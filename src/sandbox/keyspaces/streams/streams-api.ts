import { z } from 'zod';
import type { JsonService } from '../control-plane/answer-request.ts';
import { operation } from '../control-plane/json-operation.ts';
import { pageOf } from '../control-plane/page-of.ts';
import { notFound } from '../state/keyspaces-error.ts';
import type { Shard } from './change-log.ts';
import { iteratorText, parseIterator, streamFault } from './shard-iterator.ts';
import type { StreamRegistry } from './stream-registry.ts';

const page = (most: number) => ({ maxResults: z.int().min(1).max(most).optional(), nextToken: z.string().optional() });
const ofStream = z.object({ streamArn: z.string().min(37) });
const listStreams = z.object({ keyspaceName: z.string().optional(), tableName: z.string().optional(), ...page(100) });
const getStream = ofStream.extend({
  ...page(100),
  shardFilter: z.object({ type: z.literal('CHILD_SHARDS'), shardId: z.string() }).optional(),
});
const number = z.string().regex(/^\d{21,48}$/);
const getShardIterator = ofStream
  .extend({
    shardId: z.string().min(28).max(65),
    shardIteratorType: z.enum(['TRIM_HORIZON', 'LATEST', 'AT_SEQUENCE_NUMBER', 'AFTER_SEQUENCE_NUMBER']),
    sequenceNumber: number.optional(),
  })
  .refine(({ shardIteratorType, sequenceNumber }) => {
    return shardIteratorType.endsWith('SEQUENCE_NUMBER') === (sequenceNumber !== undefined);
  }, 'sequenceNumber belongs to AT_ and AFTER_SEQUENCE_NUMBER');
const getRecords = z.object({ shardIterator: z.string(), maxResults: z.int().min(1).max(1000).default(100) });

/** The streams' API of version 2024-09-09. */
export function streamsApi(streams: StreamRegistry, nowMs: () => number): JsonService {
  const shardOf = (streamArn: string, shardId: string): Shard => {
    const shard = streams.find(streamArn).log.shard(shardId, nowMs());
    if (!shard) throw notFound(`Shard ${shardId}`, streamArn);
    return shard;
  };
  return {
    target: 'KeyspacesStreams',
    operations: {
      ListStreams: operation(listStreams, 'ListStreams', (input) => list(streams, input)),
      GetStream: operation(getStream, 'GetStream', (input) => describe(streams, input, nowMs())),
      GetShardIterator: operation(getShardIterator, 'GetShardIterator', (input) => {
        const after = placeOf(shardOf(input.streamArn, input.shardId), input);
        const { streamArn, shardId } = input;
        return { shardIterator: iteratorText({ streamArn, shardId, after, issuedAtMs: nowMs() }) };
      }),
      GetRecords: operation(getRecords, 'GetRecords', ({ shardIterator, maxResults }) => {
        const { streamArn, shardId, after } = parseIterator(shardIterator, nowMs());
        const shard = shardOf(streamArn, shardId);
        throwOnTrimmed(shard, after);
        return read(shard, after, maxResults, (place) =>
          iteratorText({ streamArn, shardId, after: place, issuedAtMs: nowMs() }),
        );
      }),
    },
  };
}

function list(streams: StreamRegistry, { keyspaceName, tableName, ...request }: z.infer<typeof listStreams>): object {
  const wanted = streams.all().filter(({ keyspace, table }) => {
    return (keyspaceName ?? keyspace) === keyspace && (tableName ?? table) === table;
  });
  const { items, nextToken } = pageOf(wanted, ({ stream }) => stream.arn, 'streams', request);
  return {
    streams: items.map(({ keyspace, table, stream }) => ({
      streamArn: stream.arn,
      keyspaceName: keyspace,
      tableName: table,
      streamLabel: stream.label,
    })),
    nextToken,
  };
}

function describe(streams: StreamRegistry, input: z.infer<typeof getStream>, nowMs: number): object {
  const { streamArn, shardFilter, ...request } = input;
  const { keyspace, table, stream, log } = streams.find(streamArn);
  const all = log.shards(nowMs).filter(({ parents }) => !shardFilter || parents.includes(shardFilter.shardId));
  const { items, nextToken } = pageOf(all, ({ starting }) => starting, `shards ${streamArn}`, request);
  return {
    streamArn,
    streamLabel: stream.label,
    streamStatus: stream.status,
    streamViewType: stream.viewType,
    creationRequestDateTime: stream.createdAtMs / 1000,
    keyspaceName: keyspace,
    tableName: table,
    shards: items.map(({ id, starting, ending, parents }) => ({
      shardId: id,
      sequenceNumberRange: { startingSequenceNumber: starting, endingSequenceNumber: ending },
      parentShardIds: parents,
    })),
    nextToken,
  };
}

function placeOf(shard: Shard, { shardIteratorType, sequenceNumber = '' }: z.infer<typeof getShardIterator>): string {
  if (shardIteratorType === 'TRIM_HORIZON') return shard.trimmed;
  if (shardIteratorType === 'LATEST') return shard.records.at(-1)?.sequenceNumber ?? shard.trimmed;
  const isAfter = shardIteratorType === 'AFTER_SEQUENCE_NUMBER';
  const after = isAfter ? BigInt(sequenceNumber) : BigInt(sequenceNumber) - 1n;
  const place = `${after}`.padStart(shard.trimmed.length, '0');
  // Who begins with the first that is there has lost nothing; a shard begins with a number that no record has.
  const first = shard.trimmed === shard.starting ? shard.starting : shard.records[0]?.sequenceNumber;
  if (!isAfter && sequenceNumber === first) return shard.trimmed;
  throwOnTrimmed(shard, place);
  return place;
}

function throwOnTrimmed({ trimmed }: Shard, after: string): void {
  if (BigInt(after) < BigInt(trimmed))
    throw streamFault('TrimmedDataAccess', 'The records after this sequence number were removed after 24 hours.');
}

function read(shard: Shard, after: string, maxResults: number, iteratorAt: (place: string) => string): object {
  const rest = shard.records.filter(({ sequenceNumber }) => BigInt(sequenceNumber) > BigInt(after));
  const given = rest.slice(0, maxResults);
  const isAtTip = given.length === rest.length;
  const isFinished = isAtTip && shard.ending !== undefined;
  return {
    changeRecords: given.map(({ record }) => record),
    ...(!isFinished && { nextShardIterator: iteratorAt(given.at(-1)?.sequenceNumber ?? after) }),
    iteratorDescription: { iteratorPosition: isAtTip ? 'AT_TIP' : 'BEHIND_TIP' },
  };
}
