import type { IncomingHttpHeaders } from 'node:http';
import { type AccessKey, refused, type Verdict } from './access-key.ts';
import { isSame, type Scope, sha256, signatureOf, uriEncoded } from './signing-key.ts';

export interface SignedRequest {
  readonly method: string;
  /** With its query. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface Verifier {
  readonly region: string;
  readonly service: string;
  readonly keys: readonly AccessKey[];
  readonly nowMs: number;
}

/** How far a request's date may be from ours. */
const toleranceMs = 5 * 60_000;

/** Whether the request is signed by a key that we know, with Signature Version 4 in its Authorization header. */
export function verifyRequest(request: SignedRequest, verifier: Verifier): Verdict {
  const header = request.headers.authorization;
  if (header === undefined) return refused('MissingAuthenticationTokenException', 'Missing Authentication Token');
  const parts = parseAuthorization(header);
  const amzDate = request.headers['x-amz-date'];
  if (!parts || typeof amzDate !== 'string')
    return refused('IncompleteSignatureException', 'Authorization header or X-Amz-Date is not complete.');
  const key = verifier.keys.find(({ accessKeyId }) => accessKeyId === parts.accessKeyId);
  const isKnown = key && request.headers['x-amz-security-token'] === key.sessionToken;
  if (!isKnown) return refused('UnrecognizedClientException', 'The security token included in the request is invalid.');
  const fault = faultOf(parts, amzDate, request, verifier);
  if (fault !== undefined) return refused('InvalidSignatureException', fault);
  const expected = signatureOf(
    key.secretAccessKey,
    parts.scope,
    amzDate,
    canonicalRequest(request, parts.signedHeaders),
  );
  if (isSame(parts.signature, expected)) return { isValid: true, key };
  return refused(
    'InvalidSignatureException',
    'The request signature we calculated does not match the signature you provided.',
  );
}

interface Authorization {
  readonly accessKeyId: string;
  readonly scope: Scope;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
}

function parseAuthorization(header: string): Authorization | undefined {
  const match =
    /^AWS4-HMAC-SHA256 +Credential=([^/,]+)\/(\d{8})\/([^/,]+)\/([^/,]+)\/aws4_request, *SignedHeaders=([\w;-]+), *Signature=([0-9a-f]{64})$/.exec(
      header,
    );
  if (!match) return undefined;
  const [, accessKeyId, day, region, service, signedHeaders, signature] = match;
  return {
    accessKeyId: accessKeyId!,
    scope: { day: day!, region: region!, service: service! },
    signedHeaders: signedHeaders!.split(';'),
    signature: signature!,
  };
}

/** What makes a signature worthless whatever its digits. */
function faultOf(
  { scope, signedHeaders }: Authorization,
  amzDate: string,
  request: SignedRequest,
  verifier: Verifier,
): string | undefined {
  const atMs = dateMs(amzDate);
  if (atMs === undefined) return 'X-Amz-Date must be in ISO 8601 basic format.';
  if (Math.abs(atMs - verifier.nowMs) > toleranceMs) return 'Signature expired, or not yet current.';
  if (!amzDate.startsWith(scope.day)) return 'Date in Credential scope does not match X-Amz-Date.';
  if (scope.region !== verifier.region) return `Credential should be scoped to a valid region, not ${scope.region}.`;
  if (scope.service !== verifier.service) return `Credential should be scoped to correct service: ${verifier.service}.`;
  const unsigned = mustBeSigned(request.headers).find((name) => !signedHeaders.includes(name));
  return unsigned && `Header ${unsigned} must be signed.`;
}

/** Headers that change what a request means. */
function mustBeSigned(headers: IncomingHttpHeaders): readonly string[] {
  return ['host', ...Object.keys(headers).filter((name) => name.startsWith('x-amz-'))];
}

function dateMs(amzDate: string): number | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(amzDate);
  if (!match) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1).map(Number);
  return Date.UTC(year!, month! - 1, day, hour, minute, second);
}

function canonicalRequest({ method, url, headers, body }: SignedRequest, signedHeaders: readonly string[]): string {
  const [path = '/', query = ''] = url.split('?', 2);
  const headerLines = signedHeaders.map((name) => `${name}:${headerText(headers[name])}\n`).join('');
  return [method, path, canonicalQuery(query), headerLines, signedHeaders.join(';'), sha256(body)].join('\n');
}

function canonicalQuery(query: string): string {
  const pairs = [...new URLSearchParams(query)].map(([name, value]) => `${uriEncoded(name)}=${uriEncoded(value)}`);
  return pairs.sort().join('&');
}

function headerText(value: string | string[] | undefined): string {
  return [value ?? ''].flat().join(',').trim().replace(/ +/g, ' ');
}
