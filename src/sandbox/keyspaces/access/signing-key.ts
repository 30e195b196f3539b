import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** What a signature of Signature Version 4 holds for: a day, a region, a service. */
export interface Scope {
  /** yyyymmdd */
  readonly day: string;
  readonly region: string;
  readonly service: string;
}

export function scopeText({ day, region, service }: Scope): string {
  return `${day}/${region}/${service}/aws4_request`;
}

/** Hex. `amzDate` is what the client wrote, in its own format. */
export function signatureOf(secret: string, scope: Scope, amzDate: string, canonicalRequest: string): string {
  const toSign = ['AWS4-HMAC-SHA256', amzDate, scopeText(scope), sha256(canonicalRequest)].join('\n');
  return hmac(signingKey(secret, scope), toSign).toString('hex');
}

export function sha256(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}

export function isSame(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** RFC 3986: what encodeURIComponent leaves alone and AWS does not. */
export function uriEncoded(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

function signingKey(secret: string, { day, region, service }: Scope): Buffer {
  return [day, region, service, 'aws4_request'].reduce<Buffer>(hmac, Buffer.from(`AWS4${secret}`));
}

function hmac(key: Buffer, data: string): Buffer {
  return createHmac('sha256', key).update(data).digest();
}
