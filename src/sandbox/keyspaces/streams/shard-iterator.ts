import { KeyspacesError } from '../state/keyspaces-error.ts';

/** A place in a shard: after this sequence number. */
export interface ShardIterator {
  readonly streamArn: string;
  readonly shardId: string;
  readonly after: string;
  readonly issuedAtMs: number;
}

const lifeMs = 15 * 60_000;

type StreamFault = 'InvalidFormat' | 'TrimmedDataAccess' | 'ExpiredIterator' | 'ExpiredNextToken';

export function streamFault(errorCode: StreamFault, message: string): KeyspacesError {
  return new KeyspacesError('ValidationException', message, { members: { errorCode } });
}

export function iteratorText({ streamArn, shardId, after, issuedAtMs }: ShardIterator): string {
  return Buffer.from(JSON.stringify([streamArn, shardId, after, issuedAtMs])).toString('base64url');
}

/** Throws KeyspacesError for one that is not ours, or a quarter of an hour old. */
export function parseIterator(text: string, nowMs: number): ShardIterator {
  const parts = partsOf(text);
  if (!Array.isArray(parts) || parts.length !== 4 || typeof parts[3] !== 'number')
    throw streamFault('InvalidFormat', 'The shard iterator is not valid.');
  const [streamArn, shardId, after, issuedAtMs] = parts as [string, string, string, number];
  if (nowMs - issuedAtMs > lifeMs) throw streamFault('ExpiredIterator', 'The shard iterator has expired.');
  return { streamArn, shardId, after, issuedAtMs };
}

function partsOf(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString());
  } catch {
    return undefined;
  }
}
