import { afterEach, expect, test, vi } from 'vitest';
import { findPeers } from '../../../src/adapters/keyspaces/find-peers.ts';
import { type KeyspacesEndpoint, keyspacesFacts } from '../../../src/adapters/keyspaces/keyspaces-endpoint.ts';
import { opcodes } from '../../../src/wire/cql/frame.ts';
import { errorBody, string } from '../../wire/cql/frame-bytes.ts';
import { type ScriptedRequest, startScriptedServer } from '../../wire/cql/scripted-server.ts';

afterEach(() => vi.unstubAllEnvs());

test('a wrong password is refused by Amazon Keyspaces, not by a Cassandra, and names what to look at', async () => {
  expect(await faultOf({ password: { username: 'mover-at-1', password: 'other' } })).toEqual({
    expected: 'Amazon Keyspaces in eu-west-1 to let us in',
    found: expect.stringContaining('are incorrect'),
    next: expect.stringContaining('target.username'),
  });
});

test('a wrong key is refused the same, and no user name is asked for where none is configured', async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDOFNOBODY');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'not its secret');
  const { expected, next } = await faultOf({});
  expect(expected).toBe('Amazon Keyspaces in eu-west-1 to let us in');
  expect(next).toMatch(/aws sts get-caller-identity.*clock/);
});

/** What the operator is told by an endpoint that refuses everybody. */
async function faultOf(login: Pick<KeyspacesEndpoint, 'password'>) {
  const onHandshake = (request: ScriptedRequest) => {
    if (request.opcode === opcodes.OPTIONS) request.reply(opcodes.SUPPORTED, Buffer.from([0, 0]));
    else if (request.opcode === opcodes.STARTUP) request.reply(opcodes.AUTHENTICATE, string('an authenticator'));
    else request.reply(opcodes.ERROR, errorBody(0x0100, 'the credentials are incorrect'));
  };
  await using server = await startScriptedServer(() => {}, { onHandshake });
  const cql = { host: '127.0.0.1', port: server.port };
  const { tls: _, ...facts } = await keyspacesFacts({ region: 'eu-west-1', cql, ...login });
  const error: unknown = await findPeers(facts, 1_000).catch((thrown: unknown) => thrown);
  return (error as { faults: readonly [{ expected: string; found: string; next: string }] }).faults[0];
}
