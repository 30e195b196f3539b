import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { opcodes } from '../../../src/wire/cql/frame.ts';
import { Incoming, type OnChunk } from '../../../src/wire/cql/incoming.ts';
import { openSocket } from '../../../src/wire/cql/open-socket.ts';
import { RequestChannel } from '../../../src/wire/cql/request-channel.ts';
import { queryRequest } from '../../../src/wire/cql/requests.ts';
import { readResult } from '../../../src/wire/cql/result.ts';
import { responseFrame } from './frame-bytes.ts';

test('a chunk that is kept is not written over by what comes after it', async () => {
  const { peer, chunks } = await connected(() => true);
  const sent = Buffer.from(Uint8Array.from({ length: 1_000_000 }, (_, n) => n % 251));
  for (let at = 0; at < sent.length; at += 7_777) peer.write(sent.subarray(at, at + 7_777));
  await untilBytes(chunks, sent.length);
  expect(Buffer.concat(chunks).equals(sent)).toBe(true);
});

test('while it rests nothing is read; with the next beat all that came meanwhile is, at once', async () => {
  const wakes: (() => void)[] = [];
  const { peer, chunks } = await connected(
    () => chunks.length > 1,
    (wake) => wakes.push(wake),
  );
  for (const letter of 'abcdef') {
    await new Promise((written) => peer.write(letter, written));
    while (wakes.length === 0) await turn();
  }
  for (let turns = 0; turns < 20; turns++) await turn();
  expect(chunks.map(String)).toEqual(['a']);

  wakes[0]!();
  await untilBytes(chunks, 6);
  expect(chunks.map(String)).toEqual(['a', 'bcdef']);
});

test('a peer that hangs up while nothing is read is heard after the next beat', async () => {
  const wakes: (() => void)[] = [];
  const { peer, socket, chunks } = await connected(
    () => false,
    (wake) => wakes.push(wake),
  );
  peer.write('a');
  while (wakes.length === 0) await turn();
  peer.end('b');
  const closed = once(socket, 'close');
  while (wakes.length < 2) {
    wakes[0]!();
    await turn();
  }
  wakes[1]!();
  await closed;
  expect(chunks.map(String)).toEqual(['a', 'b']);
});

test.each([
  { awaited: 64, answered: 1, goesOn: false },
  { awaited: 64, answered: 7, goesOn: false },
  { awaited: 64, answered: 8, goesOn: true },
  { awaited: 16, answered: 1, goesOn: false },
  { awaited: 15, answered: 1, goesOn: true },
])('of $awaited awaited answers $answered came in a read: the next follows at once: $goesOn', (given) => {
  let onChunk: OnChunk | undefined;
  const incoming = Object.assign(new Incoming(), { listen: (_: Socket, listener: OnChunk) => (onChunk = listener) });
  const socket = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() }) as Socket;
  const channel = new RequestChannel({ socket, incoming }, { name: 'test', requestTimeoutMs: 10_000 });
  onTestFinished(() => channel.fail('closed', 'the test is over'));
  const settle = { resolve: () => {}, reject: () => {} };
  for (let n = 0; n < given.awaited; n++)
    channel.send(queryRequest('', [], { consistency: 'ONE' }), readResult, settle);

  const nothing = Buffer.from([0, 0, 0, 1]);
  const answers = Array.from({ length: given.answered }, (_, id) => responseFrame(id, opcodes.RESULT, nothing));

  expect(onChunk!(Buffer.concat(answers))).toBe(given.goesOn);
  expect(channel.inFlight).toBe(given.awaited - given.answered);
});

async function connected(goesOn: () => boolean, restUntil?: (wake: () => void) => void) {
  const chunks: Buffer[] = [];
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const peers = once(server, 'connection') as Promise<[Socket]>;
  const { port } = server.address() as AddressInfo;
  const incoming = new Incoming(restUntil);
  const socket = await openSocket(
    { host: '127.0.0.1', port },
    undefined,
    new AbortController().signal,
    incoming.onread,
  );
  incoming.listen(socket, (chunk) => {
    chunks.push(chunk);
    return goesOn();
  });
  const [peer] = await peers;
  onTestFinished(() => {
    socket.destroy();
    peer.destroy();
    server.close();
  });
  return { peer, socket, chunks };
}

async function untilBytes(chunks: readonly Buffer[], count: number): Promise<void> {
  while (chunks.reduce((sum, { length }) => sum + length, 0) < count) await turn();
}
