import { expect, it, vi } from 'vitest';
import { targetOverPool } from '../../../src/adapters/cassandra/target-over-pool.ts';
import { systemClock } from '../../../src/adapters/clock.ts';
import { createTargetWriter } from '../../../src/apply/target-writer.ts';
import { opcodes } from '../../../src/wire/cql/frame.ts';
import { openCqlPool } from '../../../src/wire/cql/open-cql-pool.ts';
import { int, preparedBody } from '../../wire/cql/frame-bytes.ts';
import { type ScriptedRequest, startScriptedServer } from '../../wire/cql/scripted-server.ts';

it('an answer that cannot be read costs no write: all that were on that connection are sent again on another', async () => {
  const held: ScriptedRequest[] = [];
  let isGarbled = false;
  await using server = await startScriptedServer((request) => {
    if (request.opcode === opcodes.PREPARE) return request.reply(opcodes.RESULT, preparedBody('id'));
    if (isGarbled) return request.reply(opcodes.RESULT, int(1));
    held.push(request);
  });
  const pool = openCqlPool({
    contactPoints: [{ host: '127.0.0.1', port: server.port }],
    connectionsPerHost: 1,
    maxInFlightPerConnection: 8,
    requestTimeoutMs: 5_000,
  });
  const target = targetOverPool({
    ...{ pool, keyspace: 'ks', requestTimeoutMs: 5_000, patienceMs: 5_000 },
    readSchema: () => Promise.reject(new Error('nobody asks')),
    waitUntilDefined: async () => {},
  });
  const writer = createTargetWriter({ target, clock: systemClock(), report: () => {}, maxInFlight: 8 });
  const statement = { cql: 'INSERT INTO ks.t (v) VALUES (?)', values: [Buffer.from('v')] };
  const writes = Promise.all([1, 2, 3].map(() => writer.write(statement)));
  await vi.waitFor(() => expect(held).toHaveLength(3));
  isGarbled = true;
  held[0]!.socket.write('HTTP/1.1 502 Bad Gateway\r\n\r\n');
  await writes;
  expect(writer.confirmed).toBe(3n);
  await pool.close();
});
