import { expect, it } from 'vitest';
import { tableReader } from '../../../src/adapters/cassandra/table-reader.ts';
import { opcodes } from '../../../src/wire/cql/frame.ts';
import { openCqlPool } from '../../../src/wire/cql/open-cql-pool.ts';
import { aTable } from '../../support/a-table.ts';
import { byte, errorBody, int, preparedBody, short, textRowsBody } from '../../wire/cql/frame-bytes.ts';
import { startScriptedServer } from '../../wire/cql/scripted-server.ts';
import { rowsOf } from './sandbox-cluster.ts';

const table = aTable({ keyspace: 'ks', name: 't', partitionKey: { v: 'text' }, regulars: {} });
const readTimeout = errorBody(0x1200, 'too slow', short(6), int(0), int(1), byte(0));

it('a page that times out is asked for again from the same place, smaller, and no row comes twice', async () => {
  const asked: { pageSize: number; pagingState: string }[] = [];
  const answers = [textRowsBody(['a', 'b'], Buffer.from('next')), 'time out', 'time out', textRowsBody(['c'])];
  await using server = await startScriptedServer((request) => {
    if (request.opcode === opcodes.PREPARE) return request.reply(opcodes.RESULT, preparedBody('id'));
    asked.push(parametersOf(request.body));
    const answer = answers.shift()!;
    if (typeof answer === 'string') request.reply(opcodes.ERROR, readTimeout);
    else request.reply(opcodes.RESULT, answer);
  });
  const pool = openCqlPool({
    contactPoints: [{ host: '127.0.0.1', port: server.port }],
    connectionsPerHost: 1,
    maxInFlightPerConnection: 8,
    requestTimeoutMs: 5_000,
  });
  const reader = tableReader({ pool, patienceMs: 5_000 });
  const read = { table, columns: table.partitionKey, partitionKey: [Buffer.from('k')], pageSize: 100 };
  const rows = await rowsOf(reader.readPartition(read));
  expect(rows.map((row) => `${row.values[0]}`)).toEqual(['a', 'b', 'c']);
  expect(asked).toEqual([
    { pageSize: 100, pagingState: '' },
    { pageSize: 100, pagingState: 'next' },
    { pageSize: 50, pagingState: 'next' },
    { pageSize: 25, pagingState: 'next' },
  ]);
  await pool.close();
});

/** Of an EXECUTE with one value: id, consistency, flags, values, page size and, if flagged, the paging state. */
function parametersOf(body: Buffer): { pageSize: number; pagingState: string } {
  const flagsAt = 2 + body.readUInt16BE(0) + 2;
  const hasPagingState = (body[flagsAt]! & 0x08) !== 0;
  const valueAt = flagsAt + 1 + 2;
  const pageSizeAt = valueAt + 4 + body.readInt32BE(valueAt);
  const pagingState = hasPagingState ? body.subarray(pageSizeAt + 8).toString() : '';
  return { pageSize: body.readInt32BE(pageSizeAt), pagingState };
}
