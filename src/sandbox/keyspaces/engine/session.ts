import { TokenBucket } from '../capacity/token-bucket.ts';

/** One client connection. */
export class Session {
  /** Of the stand-in, as the client reached it. */
  readonly address: string;
  /** Set by USE. */
  keyspace: string | undefined;
  /** Queries a second; undefined: no limit. */
  readonly rate: TokenBucket | undefined;
  may: ((action: 'Select' | 'Modify' | 'Create' | 'Alter' | 'Drop' | 'Restore') => boolean) | undefined;
  user = '';

  constructor(address: string, queriesPerSecond: number | undefined, nowMs: number) {
    this.address = address;
    this.rate = queriesPerSecond === undefined ? undefined : new TokenBucket(queriesPerSecond, nowMs);
  }
}
