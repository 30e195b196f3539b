import type { LedgerEvent } from './ledger-event.ts';

/** JSON, with a bigint as its digits and an n, and bytes as hex behind 0x; a text that looks like either gets an = in front. */
export function encodeLedgerEvent(event: LedgerEvent): Buffer {
  return Buffer.from(JSON.stringify(event, replace));
}

/** Throws a SyntaxError for what is no ledger event. */
export function decodeLedgerEvent(payload: Buffer): LedgerEvent {
  const event: unknown = JSON.parse(payload.toString(), revive);
  if (typeof event !== 'object' || event === null || !('kind' in event))
    throw new SyntaxError('a ledger event has no kind');
  return event as LedgerEvent;
}

function replace(this: unknown, key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'string') return looksEncoded.test(value) ? `=${value}` : value;
  // JSON.stringify has called Buffer.toJSON before it comes here, so the bytes are looked up in their holder.
  const original = (this as Record<string, unknown>)[key];
  return Buffer.isBuffer(original) ? `0x${original.toString('hex')}` : value;
}

function revive(_key: string, value: unknown): unknown {
  if (typeof value !== 'string') return value;
  if (value.startsWith('=')) return value.slice(1);
  if (/^-?\d+n$/.test(value)) return BigInt(value.slice(0, -1));
  return /^0x([0-9a-f]{2})*$/.test(value) ? Buffer.from(value.slice(2), 'hex') : value;
}

const looksEncoded = /^(=|-?\d+n$|0x)/;
