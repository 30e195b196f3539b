import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** An issuer of OAuth2 on this machine, until the test ends: its tokens are numbered. */
export async function anIssuer({ lifeSeconds = 3600, tokenEndpoint = '' } = {}) {
  const forms: Record<string, string>[] = [];
  let answer: { status: number; body: object | null } = { status: 200, body: null };
  const server = createServer(async (request, response) => {
    if (request.url === '/tenant/.well-known/openid-configuration') {
      response.end(JSON.stringify({ token_endpoint: tokenEndpoint || `${url}/token` }));
      return;
    }
    response.statusCode = answer.status;
    if (answer.status !== 200) return void response.end(JSON.stringify(answer.body ?? {}));
    forms.push(Object.fromEntries(new URLSearchParams(await textOf(request))));
    response.end(JSON.stringify({ access_token: `token ${forms.length}`, expires_in: lifeSeconds }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/tenant`;
  return {
    url,
    forms,
    answers(status: number, body: object | null = null) {
      answer = { status, body };
    },
  };
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const part of request) text += part;
  return text;
}
