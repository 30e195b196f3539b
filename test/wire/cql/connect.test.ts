import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { describe, expect, test } from 'vitest';
import { type ConnectOptions, connectCql } from '../../../src/wire/cql/connect-cql.ts';
import { plainCredentials } from '../../../src/wire/cql/credentials.ts';
import { opcodes } from '../../../src/wire/cql/frame.ts';
import { openCqlPool } from '../../../src/wire/cql/open-cql-pool.ts';
import { errorBody, int, string } from './frame-bytes.ts';
import { type ScriptedRequest, startScriptedServer } from './scripted-server.ts';

const cert = readFileSync(new URL('fixtures/cert.pem', import.meta.url));
const key = readFileSync(new URL('fixtures/key.pem', import.meta.url));
const nothing = Buffer.alloc(0);

describe('authentication', () => {
  test('sends user and password as SASL PLAIN', async () => {
    const tokens: string[] = [];
    await using server = await startScriptedServer(() => {}, {
      onHandshake: (request) => doorman(request, (token) => tokens.push(token.toString('latin1')) === 1),
    });
    (await connectTo(server.port, { authenticator: plainCredentials('alice', 'secret') })).close();
    expect(tokens).toEqual(['\0alice\0secret']);
  });

  test('answers challenge after challenge until the server is content', async () => {
    let rounds = 0;
    await using server = await startScriptedServer(() => {}, {
      onHandshake: (request) => doorman(request, () => ++rounds === 3),
    });
    const challenges: (string | null)[] = [];
    const authenticator = async (challenge: Buffer | null) => {
      challenges.push(challenge && String(challenge));
      return Buffer.from('token');
    };
    (await connectTo(server.port, { authenticator })).close();
    expect(challenges).toEqual([null, 'prove it', 'prove it']);
  });

  test('fails with the server’s own error on a wrong password, and so does a pool at once', async () => {
    await using server = await startScriptedServer(() => {}, {
      onHandshake: (request) => {
        if (request.opcode === opcodes.AUTH_RESPONSE) request.reply(opcodes.ERROR, errorBody(0x0100, 'wrong'));
        else doorman(request, () => false);
      },
    });
    const authenticator = plainCredentials('alice', 'guess');
    await expect(connectTo(server.port, { authenticator })).rejects.toMatchObject({ codeName: 'BAD_CREDENTIALS' });
    const pool = openCqlPool({
      contactPoints: [{ host: '127.0.0.1', port: server.port }],
      connectionsPerHost: 1,
      maxInFlightPerConnection: 1,
      requestTimeoutMs: 1_000,
      authenticator,
    });
    const refused = { codeName: 'BAD_CREDENTIALS' };
    await expect(pool.query('Q', { consistency: 'ONE' })).rejects.toMatchObject(refused);
    await expect(pool.ready()).rejects.toMatchObject(refused);
    await pool.close();
  });

  test('says so when the server asks for credentials and none are set', async () => {
    await using server = await startScriptedServer(() => {}, {
      onHandshake: (request) => doorman(request, () => true),
    });
    await expect(connectTo(server.port)).rejects.toMatchObject({
      failure: 'refused',
      message: expect.stringContaining('the server asks for credentials (org.Auth), and none are set'),
    });
  });
});

describe('TLS', () => {
  test('carries requests once the certificate is checked against the server’s name', async () => {
    await using server = await startScriptedServer((request) => request.reply(opcodes.RESULT, int(1)), {
      tls: { cert, key },
    });
    const connection = await connectTo(server.port, { tls: { ca: cert, servername: 'cql.test' } });
    expect((await connection.query('Q', { consistency: 'ONE' })).rows).toEqual([]);
    connection.close();
  });

  test('refuses a certificate that nobody vouches for, or of another name', async () => {
    await using server = await startScriptedServer(() => {}, { tls: { cert, key } });
    const untrusted = connectTo(server.port, { tls: { servername: 'cql.test' } });
    await expect(untrusted).rejects.toMatchObject({
      failure: 'refused',
      cause: { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' },
    });
    const misnamed = connectTo(server.port, { tls: { ca: cert, servername: 'other.test' } });
    await expect(misnamed).rejects.toMatchObject({ cause: { code: 'ERR_TLS_CERT_ALTNAME_INVALID' } });
  });
});

describe('connecting', () => {
  test('fails with the cause when nobody listens', async () => {
    const server = await startScriptedServer(() => {});
    await server.goAway();
    const refused = { failure: 'refused', wasSent: false, cause: { code: 'ECONNREFUSED' } };
    await expect(connectTo(server.port)).rejects.toMatchObject(refused);
  });

  test('fails in time when nobody answers, and at once when the signal aborts', async () => {
    const silent = createServer();
    const port = await new Promise<number>((resolve) => {
      silent.listen(0, '127.0.0.1', () => resolve((silent.address() as { port: number }).port));
    });
    const late = connectTo(port, { requestTimeoutMs: 100 });
    await expect(late).rejects.toMatchObject({
      failure: 'refused',
      message: expect.stringContaining('no answer in time'),
    });
    const controller = new AbortController();
    const given = connectTo(port, { signal: controller.signal });
    setTimeout(() => controller.abort(new Error('enough')), 20);
    await expect(given).rejects.toThrow('enough');
    silent.close();
  });
});

/** Asks for credentials, and challenges until `isContent` with a token. */
function doorman(request: ScriptedRequest, isContent: (token: Buffer) => boolean): void {
  const challenge = Buffer.concat([int(8), Buffer.from('prove it')]);
  if (request.opcode === opcodes.OPTIONS) request.reply(opcodes.SUPPORTED, Buffer.from([0, 0]));
  else if (request.opcode === opcodes.STARTUP) request.reply(opcodes.AUTHENTICATE, string('org.Auth'));
  else if (isContent(request.body.subarray(4))) request.reply(opcodes.AUTH_SUCCESS, Buffer.concat([int(-1), nothing]));
  else request.reply(opcodes.AUTH_CHALLENGE, challenge);
}

function connectTo(port: number, options: Partial<ConnectOptions> = {}) {
  return connectCql({ host: '127.0.0.1', port, requestTimeoutMs: 5_000, ...options });
}
