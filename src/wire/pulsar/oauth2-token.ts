import { readFile } from 'node:fs/promises';
import { PulsarError } from './pulsar-error.ts';
import type { TokenSource } from './types.ts';

export interface OAuth2Options {
  /** Where `.well-known/openid-configuration` lies; https, but for an issuer on this machine. */
  readonly issuerUrl: string;
  readonly credentials: ClientCredentials | (() => ClientCredentials | Promise<ClientCredentials>);
  readonly audience?: string | undefined;
  readonly scope?: string | undefined;
}

export interface ClientCredentials {
  readonly clientId: string;
  readonly clientSecret: string;
}

interface IssuedToken {
  readonly text: string;
  /** By `performance.now()`: a clock that is set anew does not make a token older. */
  readonly refreshAtMs: number;
  readonly expiresAtMs: number;
}

const requestTimeoutMs = 10_000;
/** Of a token's life; then a new one is fetched, while the old one still serves if the issuer does not answer. */
const usedShare = 0.8;
/** Where the issuer does not say. */
const usualLifeSeconds = 300;

/**
 * Tokens by the OAuth 2.0 client credentials grant. One is fetched when first needed, kept, and replaced before it
 * expires and whenever the broker does not take it any longer. An issuer that does not answer is a transient
 * PulsarError, one that refuses us is AuthenticationError; neither names a secret.
 */
export function oauth2Token(options: OAuth2Options): TokenSource {
  let kept: IssuedToken | null = null;
  let fetching: Promise<IssuedToken> | null = null;
  const fetchOnce = () => {
    fetching ??= fetchToken(options).finally(() => {
      fetching = null;
    });
    return fetching;
  };
  return async ({ isChallenge }) => {
    if (kept && !isChallenge && performance.now() < kept.refreshAtMs) return kept.text;
    try {
      kept = await fetchOnce();
    } catch (error) {
      const stillServes = kept !== null && !isChallenge && performance.now() < kept.expiresAtMs;
      if (!stillServes) throw error;
    }
    return kept!.text;
  };
}

/** Of the key file that Pulsar's own clients take: JSON with `client_id` and `client_secret`. Read at each fetch. */
export function credentialsFromFile(path: string): () => Promise<ClientCredentials> {
  return async () => {
    try {
      const { client_id, client_secret } = JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>;
      if (typeof client_id === 'string' && typeof client_secret === 'string') {
        return { clientId: client_id, clientSecret: client_secret };
      }
    } catch (cause) {
      // The parser's own message would quote the file.
      const reason = (cause as NodeJS.ErrnoException).code ?? 'no JSON';
      throw new PulsarError('AuthenticationError', `the key file ${path} cannot be read: ${reason}`);
    }
    throw new PulsarError('AuthenticationError', `the key file ${path} has no client_id and client_secret`);
  };
}

async function fetchToken(options: OAuth2Options): Promise<IssuedToken> {
  const { audience, scope, credentials } = options;
  const { clientId, clientSecret } = typeof credentials === 'function' ? await credentials() : credentials;
  const endpoint = await tokenEndpoint(options.issuerUrl);
  const askedAtMs = performance.now();
  const form = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: clientId,
    client_secret: clientSecret,
  });
  if (audience !== undefined) form.set('audience', audience);
  if (scope !== undefined) form.set('scope', scope);
  const answer = await call(endpoint, { method: 'POST', body: form });
  const { access_token, expires_in } = answer;
  if (typeof access_token !== 'string' || access_token === '')
    throw refused(`${endpoint.origin} issued no access_token`);
  const lifeSeconds = Number(expires_in ?? usualLifeSeconds);
  const lifeMs = (Number.isFinite(lifeSeconds) && lifeSeconds > 0 ? lifeSeconds : usualLifeSeconds) * 1000;
  return { text: access_token, refreshAtMs: askedAtMs + lifeMs * usedShare, expiresAtMs: askedAtMs + lifeMs };
}

async function tokenEndpoint(issuerUrl: string): Promise<URL> {
  const base = safeUrl(issuerUrl.endsWith('/') ? issuerUrl : `${issuerUrl}/`);
  const { token_endpoint } = await call(new URL('.well-known/openid-configuration', base), { method: 'GET' });
  if (typeof token_endpoint !== 'string') throw refused(`${base.href} names no token_endpoint`);
  return safeUrl(token_endpoint);
}

/** A client's secret does not travel in the clear. */
function safeUrl(text: string): URL {
  const url = URL.parse(text);
  if (url === null) throw refused(`not a URL: ${text}`);
  const isLocal = ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
  if (url.protocol === 'https:' || (url.protocol === 'http:' && isLocal)) return url;
  throw refused(`${url.origin} is not https`);
}

async function call(url: URL, request: { method: string; body?: URLSearchParams }): Promise<Record<string, unknown>> {
  const { status, text } = await exchange(url, request);
  if (status >= 500 || status === 429) throw new PulsarError('ServiceNotReady', `${url.origin} answers ${status}`);
  const answer = parsed(text);
  if (status < 200 || status > 299) throw refused(`${url.origin} answers ${status} ${errorCodeIn(answer)}`.trim());
  if (answer === null) throw refused(`${url.origin}${url.pathname} answers no JSON object`);
  return answer;
}

async function exchange(url: URL, request: { method: string; body?: URLSearchParams }) {
  try {
    // Not followed: the secret is for the one address that the issuer has named.
    const response = await fetch(url, {
      ...request,
      redirect: 'manual',
      signal: AbortSignal.timeout(requestTimeoutMs),
    });
    return { status: response.status, text: await response.text() };
  } catch (cause) {
    throw new PulsarError('Disconnected', `the issuer ${url.origin} does not answer`, { cause });
  }
}

function parsed(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return value !== null && typeof value === 'object' ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

/** The code only: a description may repeat what was sent. */
function errorCodeIn(answer: Record<string, unknown> | null): string {
  return typeof answer?.error === 'string' ? answer.error.slice(0, 60) : '';
}

function refused(why: string): PulsarError {
  return new PulsarError('AuthenticationError', why);
}
