import { Duplex } from 'node:stream';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ByteWriter } from '../../../src/wire/pulsar/byte-writer.ts';
import type { Command } from '../../../src/wire/pulsar/commands.ts';
import { Connection } from '../../../src/wire/pulsar/connection.ts';
import { FrameSplitter, writeCommandFrame } from '../../../src/wire/pulsar/frame.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
});

test('a broker that is asked and does not answer is given up, and whoever hung on it is told', async () => {
  const { connection, heard } = aConnection({ answersPing: false });
  let isTold = false;
  connection.producers.set(1, { onReceipt() {}, onSendError() {}, onDetached: () => (isTold = true) });
  await advance(15_000);
  expect(connection.isLost).toBe(false);
  await advance(15_000);
  expect(heard()).toContain('ping');
  expect(connection.isLost).toBe(true);
  expect(isTold).toBe(true);
  await expect(connection.request(() => ({ ping: {} }))).rejects.toMatchObject({ code: 'Disconnected' });
});

test('one that answers is kept, however little there is to say', async () => {
  const { connection } = aConnection({ answersPing: true });
  for (let minutes = 0; minutes < 5; minutes++) await advance(60_000);
  expect(connection.isLost).toBe(false);
  const closed = connection.close();
  await advance(5_000);
  await closed;
});

function aConnection({ answersPing }: { answersPing: boolean }) {
  const commands: Command[] = [];
  const frames = new FrameSplitter((command) => {
    commands.push(command);
    if (command.ping && answersPing) socket.push(pong());
  });
  const socket: Duplex = new Duplex({
    read() {},
    write(bytes: Buffer, _encoding, done) {
      frames.push(bytes);
      done();
    },
  });
  const connection = new Connection(socket as never, { token: null, hasCertificate: false, proxyToBroker: null });
  return { connection, heard: () => commands.flatMap((command) => Object.keys(command)) };
}

/** In steps, so that between them what was written is read. */
async function advance(ms: number): Promise<void> {
  for (let done = 0; done < ms; done += 5_000) {
    vi.advanceTimersByTime(5_000);
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
  }
}

function pong(): Buffer {
  const writer = new ByteWriter();
  writeCommandFrame(writer, { pong: {} });
  return writer.written();
}
