import * as http from 'node:http';
import * as https from 'node:https';
import { text } from 'node:stream/consumers';
import { tlsSettings } from './tls-settings.ts';
import type { PulsarTls } from './types.ts';

const redirectStatuses: ReadonlySet<number> = new Set([301, 302, 307, 308]);
const maxRedirects = 10;

export interface HttpRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer | undefined;
  readonly tls: PulsarTls | undefined;
  readonly signal: AbortSignal;
}

export interface HttpAnswer {
  readonly status: number;
  readonly text: string;
}

/**
 * Follows redirects with the same method, body and headers, the token among them: a broker sends on to the one that serves the
 * topic, on another host, which wants it too. Who names that place has had the token already; only from TLS into the
 * clear nothing is taken along.
 */
export async function exchange(request: HttpRequest): Promise<HttpAnswer> {
  let { url } = request;
  for (let redirects = 0; redirects <= maxRedirects; redirects++) {
    const { location, ...answer } = await exchangeOnce({ ...request, url });
    if (location === undefined || !redirectStatuses.has(answer.status)) return answer;
    const next = new URL(location, url);
    if (url.protocol === 'https:' && next.protocol !== 'https:')
      throw new Error(`it redirects to ${next.origin}, in the clear`);
    url = next;
  }
  throw new Error(`more than ${maxRedirects} redirects`);
}

/** On a connection of its own: one kept from before may be closed by the other end just now. */
async function exchangeOnce(request: HttpRequest): Promise<HttpAnswer & { location: string | undefined }> {
  const { method, url, headers, body, tls, signal } = request;
  const options = { method, headers, signal, agent: false } as const;
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const sent =
    url.protocol === 'https:'
      ? https.request(url, { ...options, ...tlsSettings(host, tls) })
      : http.request(url, options);
  const answered = new Promise<http.IncomingMessage>((resolve, reject) => {
    sent.on('response', resolve);
    sent.on('error', reject);
  });
  sent.end(body);
  const response = await answered;
  return { status: response.statusCode!, location: response.headers.location, text: await text(response) };
}
