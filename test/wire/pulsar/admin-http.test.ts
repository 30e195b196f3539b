import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createSecureServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type AdminCall, AdminHttp, PulsarAdminError } from '../../../src/wire/pulsar/admin-http.ts';
import { PulsarError } from '../../../src/wire/pulsar/pulsar-error.ts';
import { anAuthority } from './own-certificates.ts';

const asking: AdminCall = { method: 'GET', path: 'clusters' };
const setting: AdminCall = { method: 'POST', path: 'namespaces/t/n/messageTTL', query: { a: 'b c' }, body: 60 };

describe('redirects', () => {
  test('a broker that sends on to another is followed there with method, query, body and token', async () => {
    const other = await aService(() => ({ status: 204 }));
    const first = await aService(({ path }) => ({ status: 307, location: `${other.url('localhost')}${path}` }));
    await new AdminHttp({ adminUrl: first.url(), auth: { token: 'secret' } }).call(setting);
    expect(other.seen).toEqual([
      { method: 'POST', path: '/admin/v2/namespaces/t/n/messageTTL?a=b+c', body: '60', token: 'Bearer secret' },
    ]);
  });

  test('one that says only where on itself is followed too', async () => {
    const service = await aService(({ path }) =>
      path.endsWith('?here') ? { status: 200, text: '["a"]' } : { status: 307, location: `${path}?here` },
    );
    expect(await new AdminHttp({ adminUrl: service.url() }).call(asking)).toEqual(['a']);
  });

  test('from TLS nobody is followed into the clear, and the token does not go there', async () => {
    const clear = await aService(() => ({ status: 200 }));
    const { server, ca } = certificates;
    const secure = await aService(({ path }) => ({ status: 307, location: `${clear.url()}${path}` }), server);
    const admin = new AdminHttp({ adminUrl: secure.url(), auth: { token: 'secret' }, tls: { ca } });
    await expect(admin.call(asking)).rejects.toThrow(`redirects to ${clear.url()}, in the clear`);
    expect(clear.seen).toEqual([]);
  });

  test('a circle ends', async () => {
    const service = await aService(({ path }) => ({ status: 307, location: path }));
    await expect(new AdminHttp({ adminUrl: service.url() }).call(asking)).rejects.toThrow('more than 10 redirects');
  });
});

describe('tokens', () => {
  test('one that is not taken is replaced by a fresh one, once', async () => {
    const service = await aService(({ token }) => ({ status: token === 'Bearer fresh' ? 204 : 401 }));
    const token = ({ isChallenge }: { isChallenge: boolean }) => (isChallenge ? 'fresh' : 'old');
    await new AdminHttp({ adminUrl: service.url(), auth: { token } }).call(asking);
    const stale = new AdminHttp({ adminUrl: service.url(), auth: { token: () => 'old' } });
    await expect(stale.call(asking)).rejects.toMatchObject({ status: 401, isTransient: false });
    expect(service.seen.map((one) => one.token)).toEqual(['old', 'fresh', 'old', 'old'].map((one) => `Bearer ${one}`));
  });

  test('a text is not tried twice', async () => {
    const service = await aService(() => ({ status: 401 }));
    const admin = new AdminHttp({ adminUrl: service.url(), auth: { token: 'old' } });
    await expect(admin.call(asking)).rejects.toMatchObject({ status: 401 });
    expect(service.seen).toHaveLength(1);
  });

  test.each([
    ['AuthenticationError', false],
    ['Disconnected', true],
  ] as const)('a source that fails with %s is worth another try: %s', async (code, isTransient) => {
    const token = () => Promise.reject(new PulsarError(code, 'no token'));
    const call = new AdminHttp({ adminUrl: 'http://127.0.0.1:9', auth: { token } }).call(asking);
    await expect(call).rejects.toMatchObject({ name: 'PulsarAdminError', status: 0, isTransient });
  });
});

describe('TLS', () => {
  test('the certificate is checked against the given authority, and one that is refused is refused for good', async () => {
    const service = await aService(() => ({ status: 200, text: '"here"' }), certificates.server);
    const { ca } = certificates;
    expect(await new AdminHttp({ adminUrl: service.url(), tls: { ca } }).call(asking)).toBe('here');
    const unknown = new AdminHttp({ adminUrl: service.url() }).call(asking);
    await expect(unknown).rejects.toMatchObject({ status: 0, isTransient: false });
    const elsewhere = new AdminHttp({ adminUrl: service.url(), tls: { ca, serverName: 'elsewhere' } }).call(asking);
    await expect(elsewhere).rejects.toMatchObject({ reason: expect.stringContaining('elsewhere'), isTransient: false });
  });

  test('the other end is given our certificate, when it asks for one', async () => {
    const { ca, client } = certificates;
    const demanding = { ...certificates.server, ca, requestCert: true, rejectUnauthorized: true };
    const service = await aService(() => ({ status: 200, text: '"here"' }), demanding);
    const { cert, key } = client;
    expect(await new AdminHttp({ adminUrl: service.url(), tls: { ca, cert, key } }).call(asking)).toBe('here');
    await expect(new AdminHttp({ adminUrl: service.url(), tls: { ca } }).call(asking)).rejects.toThrow(
      PulsarAdminError,
    );
  });
});

test('a signal ends a call that is not answered', async () => {
  const service = await aService(() => null);
  const stop = new AbortController();
  const call = new AdminHttp({ adminUrl: service.url() }).call({ ...asking, signal: stop.signal });
  await expect.poll(() => service.seen.length).toBe(1);
  stop.abort(new Error('enough'));
  await expect(call).rejects.toThrow('enough');
});

test('an answer that breaks off is no answer, and may be asked for again', async () => {
  const service = await aService((_, response) => {
    response.writeHead(200, { 'content-length': '100' });
    response.write('[');
    setImmediate(() => response.destroy());
    return null;
  });
  const call = new AdminHttp({ adminUrl: service.url() }).call(asking);
  await expect(call).rejects.toMatchObject({ status: 0, isTransient: true });
});

interface Request {
  readonly method: string;
  readonly path: string;
  readonly body: string;
  readonly token: string | undefined;
}
interface Answer {
  readonly status: number;
  readonly location?: string;
  readonly text?: string;
}

let certificates: Awaited<ReturnType<typeof certificatesOf>>;

beforeAll(async () => {
  certificates = await certificatesOf(mkdtempSync(join(tmpdir(), 'cdcmig-cert-')));
});

async function certificatesOf(dir: string) {
  const authority = await anAuthority(dir);
  const [server, client] = [await authority.sign('service'), await authority.sign('client')];
  rmSync(dir, { recursive: true, force: true });
  return { ca: authority.ca, server: { cert: server.cert, key: server.key }, client };
}

/** An admin service, until the test ends; what gives null answers by itself, or never. */
async function aService(
  answerTo: (request: Request, response: ServerResponse) => Answer | null,
  certificate?: ServerOptions,
) {
  const seen: Request[] = [];
  const onRequest = async (incoming: IncomingMessage, response: ServerResponse) => {
    const { method = '', url = '', headers } = incoming;
    const request = { method, path: url, body: await text(incoming), token: headers.authorization };
    seen.push(request);
    const answer = answerTo(request, response);
    if (answer === null) return;
    response.writeHead(answer.status, answer.location === undefined ? {} : { location: answer.location });
    response.end(answer.text);
  };
  const server = certificate ? createSecureServer(certificate, onRequest) : createServer(onRequest);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { seen, url: (host = '127.0.0.1') => `${certificate ? 'https' : 'http'}://${host}:${port}` };
}
