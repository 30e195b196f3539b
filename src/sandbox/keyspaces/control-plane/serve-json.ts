import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { AccessKey } from '../access/access-key.ts';
import { answerRequest, type JsonAnswer, type JsonService } from './answer-request.ts';

export interface JsonServerOptions {
  readonly services: readonly JsonService[];
  readonly region: string;
  /** Looked up for each request, so that keys may come and go. */
  readonly keys: () => readonly AccessKey[];
  readonly nowMs: () => number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** 0: any that is free. */
  readonly port: number;
  /** Absent: plain HTTP. */
  readonly tls?: { readonly key: string; readonly cert: string };
}

export interface JsonServer {
  readonly url: string;
  close(): Promise<void>;
}

/** Far above any request that Keyspaces has a use for: a table's schema has 350 KB at most. */
const largestBodyBytes = 1_048_576;

/** Serves AWS JSON 1.0 over HTTP; resolves when it listens. */
export async function serveJson(options: JsonServerOptions): Promise<JsonServer> {
  const { host = '127.0.0.1', port, tls } = options;
  const listener: RequestListener = (request, response) => void respond(request, response, options);
  const server: Server = tls ? createTlsServer(tls, listener) : createServer(listener);
  server.listen(port, host);
  await once(server, 'listening');
  const { port: listening } = server.address() as AddressInfo;
  return { url: `${tls ? 'https' : 'http'}://${host}:${listening}`, close: () => close(server) };
}

async function respond(request: IncomingMessage, response: ServerResponse, options: JsonServerOptions): Promise<void> {
  // Leaving the loop over its body takes the socket from the request, but leaves it open to who still sends.
  const { socket } = request;
  const body = await readBody(request).catch(() => undefined);
  if (!body) {
    socket.destroy();
    return;
  }
  const { region, keys, nowMs, services } = options;
  const signed = { method: request.method ?? '', url: request.url ?? '', headers: request.headers, body };
  const verifier = { region, service: 'cassandra', keys: keys(), nowMs: nowMs() };
  send(response, await answerRequest(signed, services, verifier));
}

/** Undefined when it is too long. */
async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    length += chunk.length;
    if (length > largestBodyBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function send(response: ServerResponse, { status, body }: JsonAnswer): void {
  response.writeHead(status, {
    'content-type': 'application/x-amz-json-1.0',
    'x-amzn-requestid': randomUUID(),
  });
  response.end(JSON.stringify(body));
}

async function close(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}
