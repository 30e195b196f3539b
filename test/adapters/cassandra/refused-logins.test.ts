import { expect, it } from 'vitest';
import { openTargetCassandra } from '../../../src/adapters/cassandra/open-target-cassandra.ts';
import { OperatorError } from '../../../src/errors.ts';
import { opcodes } from '../../../src/wire/cql/frame.ts';
import { errorBody, string } from '../../wire/cql/frame-bytes.ts';
import { type ScriptedRequest, startScriptedServer } from '../../wire/cql/scripted-server.ts';

const password = 'not-the-password';

function openAt(ports: readonly number[]) {
  const contactPoints = ports.map((port) => `127.0.0.1:${port}`);
  return openTargetCassandra({ contactPoints, datacenter: 'dc1', keyspace: 'ks', username: 'app', password });
}

it('a wrong password is told to the operator, tried once, and not shown', async () => {
  let logins = 0;
  const onHandshake = (request: ScriptedRequest) => {
    if (request.opcode === opcodes.OPTIONS) request.reply(opcodes.SUPPORTED, Buffer.from([0, 0]));
    else if (request.opcode === opcodes.STARTUP) request.reply(opcodes.AUTHENTICATE, string('PasswordAuthenticator'));
    else {
      logins++;
      request.reply(opcodes.ERROR, errorBody(0x0100, 'Provided username app and/or password are incorrect'));
    }
  };
  await using first = await startScriptedServer(() => {}, { onHandshake });
  await using second = await startScriptedServer(() => {}, { onHandshake });
  const error = await openAt([first.port, second.port]).catch((error: unknown) => error as Error);
  expect(error).toBeInstanceOf(OperatorError);
  expect(error).toMatchObject({ message: expect.stringMatching(/to let us in; found .*incorrect.*user name/) });
  expect(JSON.stringify([error, (error as Error).message])).not.toContain(password);
  expect(logins).toBe(1);
});
