import { abortable } from './abortable.ts';
import { Connection } from './connection.ts';
import { openSocket } from './open-socket.ts';
import { PulsarError } from './pulsar-error.ts';
import { parseBrokerUrl, splitServiceUrl } from './service-url.ts';
import { fullTopicName } from './topic-name.ts';
import type { PulsarAuth, PulsarConnectOptions, TokenSource } from './types.ts';

const maxRedirects = 20;

/** One connection a broker, opened when first needed and again after it was lost. */
export class ConnectionPool {
  private readonly options: Pick<PulsarConnectOptions, 'auth' | 'tls'>;
  private readonly serviceUrls: readonly string[];
  private readonly opened = new Map<string, Promise<Connection>>();
  private readonly closing = new AbortController();
  private nextServiceUrl = 0;

  constructor(options: PulsarConnectOptions) {
    this.options = options;
    this.serviceUrls = splitServiceUrl(options.serviceUrl);
  }

  /** A connection to any broker, for questions that all can answer; every service URL is tried once. */
  async any(signal?: AbortSignal): Promise<{ connection: Connection; url: string }> {
    let lastError: unknown;
    for (let tries = 0; tries < this.serviceUrls.length; tries++) {
      const url = this.serviceUrls[this.nextServiceUrl % this.serviceUrls.length]!;
      try {
        return { connection: await this.to(url, null, signal), url };
      } catch (error) {
        signal?.throwIfAborted();
        lastError = error;
        this.nextServiceUrl++;
      }
    }
    throw lastError;
  }

  /** A connection to the broker that serves the topic. */
  async lookup(topic: string, signal?: AbortSignal): Promise<Connection> {
    const { connection, url } = await this.any(signal);
    let asked = connection;
    let isAuthoritative = false;
    for (let redirects = 0; redirects < maxRedirects; redirects++) {
      const lookup = { topic: fullTopicName(topic), isAuthoritative };
      const answer = await asked.request((requestId) => ({ lookup: { ...lookup, requestId } }), signal);
      const found = answer.lookupResponse!;
      // Never the clear address instead: who asked for TLS shall not be moved off it by an answer.
      const brokerUrl = parseBrokerUrl(url).isSecure ? found.brokerUrlTls : found.brokerUrl;
      if (!brokerUrl) throw new PulsarError('ServiceNotReady', `no broker address of our kind for ${topic}`);
      const broker = found.isThroughProxy
        ? await this.to(url, brokerUrl.replace(/^pulsar(\+ssl)?:\/\//, ''), signal)
        : await this.to(brokerUrl, null, signal);
      if (found.response === 1) return broker;
      isAuthoritative = found.isAuthoritative ?? false;
      asked = broker;
    }
    throw new PulsarError('ServiceNotReady', `more than ${maxRedirects} redirects in the lookup of ${topic}`);
  }

  async close(): Promise<void> {
    const opened = [...this.opened.values()];
    this.closing.abort(new PulsarError('Closed', 'the client is closed'));
    for (const connection of opened) await connection.then((open) => open.close()).catch(() => {});
  }

  private async to(url: string, proxyToBroker: string | null, signal?: AbortSignal): Promise<Connection> {
    const key = `${url} ${proxyToBroker ?? ''}`;
    for (;;) {
      this.closing.signal.throwIfAborted();
      const opening = this.opened.get(key) ?? this.open(key, url, proxyToBroker);
      const connection = await abortable(opening, signal);
      if (!connection.isLost) return connection;
      this.forget(key, opening);
    }
  }

  /** Not ended by one caller's signal: others may wait for the same connection. */
  private open(key: string, url: string, proxyToBroker: string | null): Promise<Connection> {
    const opening = openConnection(url, proxyToBroker, this.options, this.closing.signal);
    this.opened.set(key, opening);
    opening.catch(() => this.forget(key, opening));
    return opening;
  }

  private forget(key: string, opening: Promise<Connection>): void {
    if (this.opened.get(key) === opening) this.opened.delete(key);
  }
}

async function openConnection(
  url: string,
  proxyToBroker: string | null,
  options: Pick<PulsarConnectOptions, 'auth' | 'tls'>,
  signal: AbortSignal,
): Promise<Connection> {
  const address = parseBrokerUrl(url);
  const socket = await openSocket(address, options.tls, signal);
  const hasCertificate = address.isSecure && options.tls?.cert !== undefined;
  const connection = new Connection(socket, { token: tokenSource(options.auth), hasCertificate, proxyToBroker });
  try {
    await connection.connect(signal);
    return connection;
  } catch (error) {
    // Not waited for: it may take half a second, and who wanted the connection shall hear why he gets none.
    void connection.close();
    throw error;
  }
}

function tokenSource(auth: PulsarAuth | undefined): TokenSource | null {
  if (auth === undefined) return null;
  const { token } = auth;
  return typeof token === 'function' ? token : () => token;
}
