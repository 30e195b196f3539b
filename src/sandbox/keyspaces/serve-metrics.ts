import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { keyspacesRules } from './rules.ts';
import type { StandIn } from './start-stand-in.ts';

export interface MetricsServer {
  readonly url: string;
  close(): void;
}

/**
 * What an operator of the stand-in looks at and turns, over plain HTTP: `GET /metrics` for Prometheus, `GET /rules` with how often each
 * refused, `GET` and `PUT /faults` as JSON.
 */
export async function serveMetrics(standIn: StandIn, host: string, port: number): Promise<MetricsServer> {
  const server = createServer((request, response) => {
    respond(standIn, request, response).catch((error: unknown) => {
      answer(response, error instanceof RangeError || error instanceof SyntaxError ? 400 : 500, {
        error: String(error),
      });
    });
  });
  server.listen(port, host);
  await once(server, 'listening');
  const { port: listening } = server.address() as AddressInfo;
  return {
    url: `http://${host}:${listening}`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function respond(
  { meter, faults, rules }: StandIn,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { method, url } = request;
  if (method === 'GET' && url === '/metrics') {
    response.setHeader('content-type', meter.registry.contentType);
    response.end(await meter.registry.metrics());
  } else if (method === 'GET' && url === '/rules') {
    answer(
      response,
      200,
      keyspacesRules.map((rule) => ({
        ...rule,
        holds: rules.holds(rule.id),
        refusals: rules.refusals.get(rule.id) ?? 0,
      })),
    );
  } else if (url === '/faults' && (method === 'GET' || method === 'PUT')) {
    if (method === 'PUT') faults.change(await readJson(request));
    answer(response, 200, faults.now);
  } else {
    answer(response, 404, { error: 'GET /metrics, GET /rules, GET /faults, PUT /faults' });
  }
}

const longestBody = 10_000;

async function readJson(request: IncomingMessage): Promise<Readonly<Record<string, unknown>>> {
  let text = '';
  for await (const chunk of request) {
    text += chunk;
    if (text.length > longestBody) throw new RangeError('too long');
  }
  const value: unknown = JSON.parse(text);
  if (value === null || typeof value !== 'object') throw new RangeError('faults are an object of names and numbers');
  return value as Readonly<Record<string, unknown>>;
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(`${JSON.stringify(body, null, 2)}\n`);
}
