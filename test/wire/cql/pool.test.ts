import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test, vi } from 'vitest';
import type { CqlPool, PoolOptions } from '../../../src/wire/cql/cql-pool.ts';
import { opcodes } from '../../../src/wire/cql/frame.ts';
import { openCqlPool } from '../../../src/wire/cql/open-cql-pool.ts';
import { backoffMs } from '../../../src/wire/cql/pool-slot.ts';
import { errorBody, int, preparedBody } from './frame-bytes.ts';
import { type ScriptedRequest, startScriptedServer } from './scripted-server.ts';

const one = { consistency: 'ONE' } as const;

describe('a pool', () => {
  test('lets requests wait when every connection is full, and never sends more than allowed', async () => {
    const held: ScriptedRequest[] = [];
    await using server = await startScriptedServer((request) => prepareOr(request, () => held.push(request)));
    await using pool = poolTo(server.port, { connectionsPerHost: 2, maxInFlightPerConnection: 3 });
    const all = Promise.all(Array.from({ length: 20 }, () => pool.execute('INSERT', [], one)));
    await vi.waitFor(() => expect(held).toHaveLength(6));
    await sleep(20);
    expect([held.length, pool.waiting]).toEqual([6, 14]);
    let mostAtOnce = 0;
    while (pool.waiting > 0 || held.length > 0) {
      mostAtOnce = Math.max(mostAtOnce, held.length);
      held.shift()?.reply(opcodes.RESULT, int(1));
      await sleep(1);
    }
    expect(await all).toHaveLength(20);
    expect(mostAtOnce).toBe(6);
  });

  test('asks for values that age when it sends them, not when it was given them', async () => {
    const held: ScriptedRequest[] = [];
    await using server = await startScriptedServer((request) => prepareOr(request, () => held.push(request)));
    await using pool = poolTo(server.port, { connectionsPerHost: 1, maxInFlightPerConnection: 1 });
    const first = pool.execute('INSERT', [], one);
    await vi.waitFor(() => expect(held).toHaveLength(1));
    let asked = 0;
    const values = () => {
      asked++;
      return [];
    };
    const second = pool.execute('INSERT', values, one);
    await vi.waitFor(() => expect(pool.waiting).toBe(1));
    expect(asked).toBe(0);
    held.shift()!.reply(opcodes.RESULT, int(1));
    await first;
    await vi.waitFor(() => expect(held).toHaveLength(1));
    expect(asked).toBe(1);
    held.shift()!.reply(opcodes.RESULT, int(1));
    await second;
  });

  test('prepares a statement once on each connection, however many ask at the same time', async () => {
    await using server = await startScriptedServer((request) =>
      prepareOr(request, () => request.reply(opcodes.RESULT, int(1))),
    );
    await using pool = poolTo(server.port, { connectionsPerHost: 2 });
    await vi.waitFor(() => expect(pool.liveConnections).toBe(2));
    await Promise.all(Array.from({ length: 100 }, () => pool.execute('INSERT', [], one)));
    const prepares = server.requests.filter((request) => request.opcode === opcodes.PREPARE);
    expect(prepares.map((request) => request.socket).length).toBe(2);
    expect(new Set(prepares.map((request) => request.socket)).size).toBe(2);
  });

  test('rejects what was on a dying connection and carries what waited to the next', async () => {
    let hangUps = 1;
    await using server = await startScriptedServer((request) => {
      prepareOr(request, () => (hangUps-- > 0 ? request.socket.destroy() : request.reply(opcodes.RESULT, int(1))));
    });
    await using pool = poolTo(server.port, { maxInFlightPerConnection: 1 });
    const outcomes = await Promise.allSettled([1, 2, 3].map(() => pool.execute('INSERT', [], one)));
    expect(outcomes.map((outcome) => outcome.status)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
    expect(outcomes[0]).toMatchObject({ reason: { failure: 'closed', wasSent: true } });
  });

  test('says "not sent" when the connection dies while it prepares', async () => {
    await using server = await startScriptedServer((request) => request.socket.destroy());
    await using pool = poolTo(server.port);
    await expect(pool.execute('INSERT', [], one)).rejects.toMatchObject({ failure: 'closed', wasSent: false });
  });

  test('comes back by itself after its host was away', async () => {
    await using server = await startScriptedServer((request) =>
      prepareOr(request, () => request.reply(opcodes.RESULT, int(1))),
    );
    await using pool = poolTo(server.port);
    await pool.execute('INSERT', [], one);
    await server.goAway();
    await vi.waitFor(() => expect(pool.liveConnections).toBe(0));
    const waited = pool.execute('INSERT', [], one);
    await sleep(50);
    await server.comeBack();
    await waited;
  });

  test('rejects those who wait when no connection comes, with the cause', async () => {
    const server = await startScriptedServer(() => {});
    await server.goAway();
    await using pool = poolTo(server.port, { connectionWaitMs: 100 });
    await expect(pool.ready()).rejects.toMatchObject({ failure: 'refused', cause: { code: 'ECONNREFUSED' } });
    const failure = { failure: 'refused', wasSent: false, cause: { failure: 'refused' } };
    await expect(pool.execute('INSERT', [], one)).rejects.toMatchObject(failure);
  });

  test('a request that comes when there has been no connection for long waits as long as any other', async () => {
    const server = await startScriptedServer(() => {});
    await server.goAway();
    await using pool = poolTo(server.port, { connectionWaitMs: 200 });
    await expect(pool.execute('INSERT', [], one)).rejects.toThrow('no live connection');
    const beganMs = performance.now();
    await expect(pool.execute('INSERT', [], one)).rejects.toThrow('no live connection');
    expect(performance.now() - beganMs).toBeGreaterThanOrEqual(199);
  });

  test('hangs up on a peer that fell silent and opens a new connection', async () => {
    await using server = await startScriptedServer(() => {});
    await using pool = poolTo(server.port, { heartbeatMs: 50, requestTimeoutMs: 50 });
    await pool.ready();
    const [silent] = server.sockets;
    await vi.waitFor(() => expect(server.sockets.has(silent!)).toBe(false));
    await vi.waitFor(() => expect(pool.liveConnections).toBe(1));
    expect(server.requests[0]!.opcode).toBe(opcodes.OPTIONS);
  });

  test('prefers the live connections of a host and does without them', async () => {
    const answer = (request: ScriptedRequest) => request.reply(opcodes.RESULT, int(1));
    await using near = await startScriptedServer(answer);
    await using far = await startScriptedServer(answer);
    const contactPoints = [
      { host: '127.0.0.1', port: near.port },
      { host: 'localhost', port: far.port },
    ];
    await using pool = poolTo(0, { contactPoints });
    await vi.waitFor(() => expect(pool.liveConnections).toBe(2));
    for (let i = 0; i < 10; i++) await pool.query('Q', { ...one, host: 'localhost' });
    expect([near.requests.length, far.requests.length]).toEqual([0, 10]);
    await far.goAway();
    await vi.waitFor(() => expect(pool.liveConnections).toBe(1));
    await pool.query('Q', { ...one, host: 'localhost' });
    expect(near.requests).toHaveLength(1);
  });

  test('connects to where its hosts are now when one stays away, and leaves those alone that are there', async () => {
    const answer = (request: ScriptedRequest) => request.reply(opcodes.RESULT, int(1));
    await using staying = await startScriptedServer(answer);
    await using leaving = await startScriptedServer(answer);
    await using newcomer = await startScriptedServer(answer);
    const at = ({ port }: { port: number }) => ({ host: '127.0.0.1', port });
    let present = [at(staying), at(leaving)];
    const findContactPoints = vi.fn(async () => present);
    await using pool = poolTo(0, { contactPoints: present, connectionsPerHost: 2, findContactPoints, lookAgainMs: 50 });
    await vi.waitFor(() => expect(pool.liveConnections).toBe(4));
    const [kept] = staying.sockets;
    expect(findContactPoints).not.toHaveBeenCalled();
    await leaving.goAway();
    // It is still named: a host that restarts keeps its connections.
    await vi.waitFor(() => expect(findContactPoints).toHaveBeenCalled());
    expect(pool.liveConnections).toBe(2);
    present = [at(staying), at(newcomer)];
    await vi.waitFor(() => expect(pool.liveConnections).toBe(4), { timeout: 5_000 });
    expect([staying.sockets.size, newcomer.sockets.size]).toEqual([2, 2]);
    expect(staying.sockets.has(kept!)).toBe(true);
  });

  test('asks again where its hosts are when nobody could say', async () => {
    await using newcomer = await startScriptedServer((request) => request.reply(opcodes.RESULT, int(1)));
    const gone = await startScriptedServer(() => {});
    await gone.goAway();
    let asked = 0;
    const findContactPoints = async () => {
      asked++;
      if (asked === 1) throw new Error('no name server');
      return asked === 2 ? [] : [{ host: '127.0.0.1', port: newcomer.port }];
    };
    await using pool = poolTo(gone.port, { findContactPoints, lookAgainMs: 50 });
    await pool.query('Q', one);
    expect(newcomer.requests).toHaveLength(1);
  });

  test('lets one who waits leave by his signal, and only him', async () => {
    const held: ScriptedRequest[] = [];
    await using server = await startScriptedServer((request) => held.push(request));
    await using pool = poolTo(server.port, { maxInFlightPerConnection: 1 });
    const first = pool.query('first', one);
    await vi.waitFor(() => expect(held).toHaveLength(1));
    const controller = new AbortController();
    const leaving = pool.query('leaving', { ...one, signal: controller.signal });
    const staying = pool.query('staying', one);
    controller.abort(new Error('enough'));
    await expect(leaving).rejects.toThrow('enough');
    held[0]!.reply(opcodes.RESULT, int(1));
    await first;
    await vi.waitFor(() => expect(held).toHaveLength(2));
    held[1]!.reply(opcodes.RESULT, int(1));
    await staying;
  });

  test('closes after what is in flight has ended, and refuses what waits or comes later', async () => {
    const held: ScriptedRequest[] = [];
    await using server = await startScriptedServer((request) => held.push(request));
    const pool = poolTo(server.port, { maxInFlightPerConnection: 1 });
    const inFlight = pool.query('a', one);
    await vi.waitFor(() => expect(held).toHaveLength(1));
    const waits = pool.query('b', one);
    const closing = pool.close();
    await expect(waits).rejects.toMatchObject({ failure: 'closed', wasSent: false });
    await expect(pool.query('c', one)).rejects.toMatchObject({ failure: 'closed', wasSent: false });
    held[0]!.reply(opcodes.RESULT, int(1));
    await inFlight;
    await closing;
    await vi.waitFor(() => expect(server.sockets.size).toBe(0));
  });

  test('passes on the refusal of a statement that cannot be prepared, and stays usable', async () => {
    await using server = await startScriptedServer((request) => {
      if (request.opcode === opcodes.PREPARE) request.reply(opcodes.ERROR, errorBody(0x2200, 'unconfigured table'));
      else request.reply(opcodes.RESULT, int(1));
    });
    await using pool = poolTo(server.port, { maxInFlightPerConnection: 1 });
    const outcomes = await Promise.allSettled([1, 2, 3].map(() => pool.execute('INSERT', [], one)));
    for (const outcome of outcomes) expect(outcome).toMatchObject({ reason: { codeName: 'INVALID' } });
    await pool.query('Q', one);
  });
});

describe('backoffMs', () => {
  test('doubles from 100 ms, never exceeds 10 s and never falls under half', () => {
    expect([1, 2, 3, 8, 50].map((failures) => backoffMs(failures, 1))).toEqual([100, 200, 400, 10_000, 10_000]);
    expect([1, 50].map((failures) => backoffMs(failures, 0))).toEqual([50, 5_000]);
  });
});

function prepareOr(request: ScriptedRequest, onOther: () => void): void {
  if (request.opcode === opcodes.PREPARE) request.reply(opcodes.RESULT, preparedBody('id'));
  else onOther();
}

function poolTo(port: number, options: Partial<PoolOptions> = {}): CqlPool & AsyncDisposable {
  const pool = openCqlPool({
    contactPoints: [{ host: '127.0.0.1', port }],
    connectionsPerHost: 1,
    maxInFlightPerConnection: 100,
    requestTimeoutMs: 2_000,
    ...options,
  });
  return Object.assign(pool, { [Symbol.asyncDispose]: () => pool.close() });
}
