import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';

interface Kept {
  readonly config: Record<string, unknown>;
  /** As it was uploaded; undefined for a built-in one. */
  readonly archive: { readonly name: string; readonly content: Buffer } | undefined;
}

export interface InstanceWord {
  readonly running?: boolean;
  readonly error?: string;
  readonly numRestarts?: number;
  readonly numSystemExceptions?: number;
}

/**
 * Pulsar's functions worker as far as source connectors go, over HTTP: its paths, its codes and its words. A form is read by Node's
 * own parser.
 */
export async function aFunctionsWorker() {
  const sources = new Map<string, Kept>();
  const seen: string[] = [];
  const tokens: (string | undefined)[] = [];
  const state = {
    /** Requests that are refused because it is starting. */
    unavailable: 0,
    /** The next create is done, and its answer lost. */
    losesAnswer: false,
    builtin: ['cassandra-source'],
    /** What is said of each instance, by connector; otherwise all run. */
    words: new Map<string, () => readonly InstanceWord[]>(),
  };
  const server = createServer((request, response) => {
    answer(request, response).catch((error) => say(response, 500, { reason: String(error) }));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', () => listening()));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const adminUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { adminUrl, sources, seen, tokens, state };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = decodeURIComponent(request.url!.replace('/admin/v3/sources/', ''));
    seen.push(`${request.method} ${path}`);
    tokens.push(request.headers.authorization);
    const body = await buffer(request);
    if (state.unavailable > 0) {
      state.unavailable--;
      const reason = 'Function worker service is not done initializing. Please try again in a little while.';
      return say(response, 503, { reason });
    }
    const [tenant, namespace, name = '', more] = path.split('/');
    const kept = sources.get(name);
    if (request.method === 'POST') return create(`${tenant}/${namespace}`, name, { request, response, body });
    if (!kept) return say(response, 404, { reason: `Source ${name} doesn't exist` });
    if (more === 'status') return say(response, 200, statusOf(name, kept));
    return say(response, 200, kept.config);
  }

  async function create(
    place: string,
    name: string,
    { request, response, body }: { request: IncomingMessage; response: ServerResponse; body: Buffer },
  ): Promise<void> {
    if (sources.has(name)) return say(response, 400, { reason: `Source ${name} already exists` });
    const headers = { 'content-type': request.headers['content-type']! };
    const form = await new Response(new Uint8Array(body), { headers }).formData();
    const written = form.get('sourceConfig');
    const text = typeof written === 'string' ? written : await written!.text();
    const file = form.get('data');
    const config = JSON.parse(text) as Record<string, unknown>;
    const builtin = String(config.archive ?? '').replace(/^builtin:\/\//, '');
    if (!(file instanceof File) && !builtin) return say(response, 400, { reason: 'Source Package is not provided' });
    if (builtin && !state.builtin.includes(builtin))
      return say(response, 400, { reason: `Failed to extract source class from archive builtin://${builtin}` });
    if (place !== `${config.tenant}/${config.namespace}`) return say(response, 400, { reason: 'another place' });
    const archive =
      file instanceof File ? { name: file.name, content: Buffer.from(await file.arrayBuffer()) } : undefined;
    // What it gives back has its own words beside ours.
    const more = {
      className: 'com.datastax.oss.pulsar.source.CassandraSource',
      processingGuarantees: 'ATLEAST_ONCE',
      secrets: null,
    };
    sources.set(name, { config: { ...config, ...more }, archive });
    if (!state.losesAnswer) return say(response, 204);
    state.losesAnswer = false;
    response.destroy();
  }

  function statusOf(name: string, { config }: Kept) {
    const words = state.words.get(name)?.() ?? Array.from({ length: Number(config.parallelism) }, () => ({}));
    const instances = words.map((word, instanceId) => ({
      instanceId,
      status: {
        ...{ running: true, error: '', numRestarts: 0, numReceivedFromSource: 0, numSystemExceptions: 0 },
        ...{ latestSystemExceptions: [], numSourceExceptions: 0, latestSourceExceptions: [], numWritten: 0 },
        ...{ lastReceivedTime: 0, workerId: 'c-standalone-fw-localhost-8080' },
        ...word,
      },
    }));
    const numRunning = instances.filter(({ status }) => status.running).length;
    return { numInstances: Number(config.parallelism), numRunning, instances };
  }
}

function say(response: ServerResponse, status: number, body?: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(body === undefined ? undefined : JSON.stringify(body));
}
