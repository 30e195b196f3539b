import { getEventListeners } from 'node:events';
import { describe, expect, test, vi } from 'vitest';
import { connectCql } from '../../../src/wire/cql/connect-cql.ts';
import type { CqlRows } from '../../../src/wire/cql/cql-connection.ts';
import { opcodes } from '../../../src/wire/cql/frame.ts';
import { errorBody, int, preparedBody, string, textRowsBody } from './frame-bytes.ts';
import { type ScriptedRequest, startScriptedServer } from './scripted-server.ts';

const one = { consistency: 'ONE' } as const;
const voidResult = int(1);

describe('a connection', () => {
  test('gives answers in any order to those who asked', async () => {
    await using server = await startScriptedServer(() => {});
    await using connection = await connectedTo(server.port);
    const asked = ['a', 'b', 'c'].map((cql) => connection.query(cql, one));
    await vi.waitFor(() => expect(server.requests).toHaveLength(3));
    for (const request of server.requests.toReversed()) request.reply(opcodes.RESULT, textRowsBody([textOf(request)]));
    expect((await Promise.all(asked)).map(onlyCell)).toEqual(['a', 'b', 'c']);
    expect(connection.inFlight).toBe(0);
  });

  test('rejects what is in flight when it dies, and says that it was sent', async () => {
    await using server = await startScriptedServer((request) => request.socket.destroy());
    await using connection = await connectedTo(server.port);
    const failures = await Promise.all(['a', 'b'].map((cql) => failureOf(connection.query(cql, one))));
    for (const failure of failures) expect(failure).toMatchObject({ failure: 'closed', wasSent: true });
    expect(connection.isOpen).toBe(false);
    expect(await failureOf(connection.query('c', one))).toMatchObject({ failure: 'closed', wasSent: false });
  });

  test('says "not sent" of a request that never left its buffer', async () => {
    await using server = await startScriptedServer(() => {});
    await using connection = await connectedTo(server.port);
    const asked = failureOf(connection.query('a', one));
    connection.close();
    expect(await asked).toMatchObject({ failure: 'closed', wasSent: false });
    expect(server.requests).toHaveLength(0);
  });

  test('times out a request that gets no answer, and does not take its late answer for another’s', async () => {
    await using server = await startScriptedServer((request) => {
      if (textOf(request) !== 'late') request.reply(opcodes.RESULT, textRowsBody([textOf(request)]));
    });
    await using connection = await connectedTo(server.port, 100);
    const failure = await failureOf(connection.query('late', one));
    expect(failure).toMatchObject({ failure: 'timed-out', wasSent: true });
    expect(connection.inFlight).toBe(1);
    const next = connection.query('next', one);
    server.requests[0]!.reply(opcodes.RESULT, textRowsBody(['late']));
    expect(onlyCell(await next)).toBe('next');
    await vi.waitFor(() => expect(connection.inFlight).toBe(0));
  });

  test('stops waiting when the signal aborts, for the requests under that signal only', async () => {
    await using server = await startScriptedServer(() => {});
    await using connection = await connectedTo(server.port);
    const controller = new AbortController();
    const given = [1, 2].map(() => failureOf(connection.query('given up', { ...one, signal: controller.signal })));
    const kept = connection.query('kept', one);
    await vi.waitFor(() => expect(server.requests).toHaveLength(3));
    controller.abort(new Error('enough'));
    for (const failure of await Promise.all(given)) expect(failure).toMatchObject({ message: 'enough' });
    server.requests[2]!.reply(opcodes.RESULT, textRowsBody(['kept']));
    expect(onlyCell(await kept)).toBe('kept');
    expect(await failureOf(connection.query('no', { ...one, signal: controller.signal }))).toMatchObject({
      message: 'enough',
    });
  });

  test('leaves no listener on a signal behind, and never more than one while requests run', async () => {
    await using server = await startScriptedServer(() => {});
    await using connection = await connectedTo(server.port);
    const { signal } = new AbortController();
    const asked = ['a', 'b', 'c'].map((cql) => connection.query(cql, { ...one, signal }));
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    await vi.waitFor(() => expect(server.requests).toHaveLength(3));
    for (const request of server.requests) request.reply(opcodes.RESULT, voidResult);
    await Promise.all(asked);
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  test('prepares once more, for all who failed, when the server forgot a statement', async () => {
    const known = new Set<string>();
    let prepares = 0;
    await using server = await startScriptedServer((request) => {
      if (request.opcode === opcodes.PREPARE) known.add(`id-${++prepares}`);
      answerLikeAServer(request, known, `id-${prepares}`);
    });
    await using connection = await connectedTo(server.port);
    const prepared = await connection.prepare('INSERT');
    await connection.execute(prepared, [null], one);
    known.clear();
    await Promise.all(Array.from({ length: 50 }, () => connection.execute(prepared, [null], one)));
    expect(prepares).toBe(2);
    known.clear();
    await connection.batch('unlogged', [{ statement: prepared, values: [null] }], one);
    expect(prepares).toBe(3);
  });

  test('does not prepare again for one who learns late what was mended already', async () => {
    const executes: ScriptedRequest[] = [];
    await using server = await startScriptedServer((request) => {
      if (request.opcode === opcodes.PREPARE) request.reply(opcodes.RESULT, preparedBody('id'));
      else if (executes.push(request) > 2) request.reply(opcodes.RESULT, voidResult);
    });
    await using connection = await connectedTo(server.port);
    const prepared = await connection.prepare('INSERT');
    const early = connection.execute(prepared, [null], one);
    const late = connection.execute(prepared, [null], one);
    await vi.waitFor(() => expect(executes).toHaveLength(2));
    executes[0]!.reply(opcodes.ERROR, errorBody(0x2500, 'forgotten', string('id')));
    await early;
    executes[1]!.reply(opcodes.ERROR, errorBody(0x2500, 'forgotten', string('id')));
    await late;
    expect(server.requests.filter((request) => request.opcode === opcodes.PREPARE)).toHaveLength(2);
  });

  test('refuses to bind old values when the statement came back with other columns', async () => {
    const known = new Set<string>();
    let column = 'v';
    await using server = await startScriptedServer((request) => {
      if (request.opcode === opcodes.PREPARE) known.add('id');
      answerLikeAServer(request, known, 'id', column);
    });
    await using connection = await connectedTo(server.port);
    const prepared = await connection.prepare('INSERT');
    known.clear();
    column = 'w';
    const failure = await failureOf(connection.execute(prepared, [null], one));
    expect(failure).toMatchObject({ failure: 'schema-changed', wasSent: false });
    expect(await failureOf(connection.execute(prepared, [null], one))).toMatchObject({ failure: 'schema-changed' });
    await connection.execute(await connection.prepare('INSERT'), [null], one);
  });

  test('gives up on a server that forgets every time', async () => {
    await using server = await startScriptedServer((request) => answerLikeAServer(request, new Set(), 'id'));
    await using connection = await connectedTo(server.port);
    const prepared = await connection.prepare('INSERT');
    expect(await failureOf(connection.execute(prepared, [null], one))).toMatchObject({ codeName: 'UNPREPARED' });
  });

  test('hangs up on bytes that it cannot read, rather than misread what follows', async () => {
    await using server = await startScriptedServer((request) => request.reply(opcodes.RESULT, int(99)));
    await using connection = await connectedTo(server.port);
    expect(await failureOf(connection.query('a', one))).toMatchObject({ failure: 'protocol', wasSent: true });
    expect(connection.isOpen).toBe(false);
  });
});

/** Knows the statements in `known`; answers UNPREPARED for others, and prepares whatever it is asked to as `id`. */
function answerLikeAServer(request: ScriptedRequest, known: ReadonlySet<string>, id: string, column = 'v'): void {
  if (request.opcode === opcodes.PREPARE) {
    request.reply(opcodes.RESULT, preparedBody(id, column));
    return;
  }
  const at = request.opcode === opcodes.BATCH ? 4 : 0;
  const asked = request.body.toString('utf8', at + 2, at + 2 + request.body.readUInt16BE(at));
  if (known.has(asked)) request.reply(opcodes.RESULT, voidResult);
  else request.reply(opcodes.ERROR, errorBody(0x2500, 'forgotten', string(asked)));
}

async function connectedTo(port: number, requestTimeoutMs = 5_000) {
  const connection = await connectCql({ host: '127.0.0.1', port, requestTimeoutMs });
  return Object.assign(connection, { [Symbol.asyncDispose]: async () => connection.close() });
}

function textOf(request: ScriptedRequest): string {
  return request.body.toString('utf8', 4, 4 + request.body.readInt32BE(0));
}

function onlyCell(result: CqlRows): string {
  return String(result.rows[0]![0]);
}

function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => expect.fail('expected a failure'),
    (error) => error,
  );
}
