import { Duplex } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ChunkAssembler } from '../../../src/wire/pulsar/chunk-assembler.ts';
import type { Command } from '../../../src/wire/pulsar/commands.ts';
import { Connection, type ConsumerEnd } from '../../../src/wire/pulsar/connection.ts';
import type { MessageCommand } from '../../../src/wire/pulsar/consumer-commands.ts';
import { decodeEntry } from '../../../src/wire/pulsar/decode-entry.ts';
import { FrameSplitter } from '../../../src/wire/pulsar/frame.ts';
import { PulsarError } from '../../../src/wire/pulsar/pulsar-error.ts';
import type { ReceivedMessage } from '../../../src/wire/pulsar/types.ts';
import { anyDamage, type Damage, damaged } from './damage.ts';
import { frameStarts, recordedStream } from './recorded-stream.ts';

const stream = recordedStream();
const starts = frameStarts(stream);
const whole = readFrames(stream, stream.length);
const wholeShown = whole.frames.map(shownFrame);

test('the recording holds what is needed: messages of every framing, and answers of every kind', () => {
  expect(whole.error).toBeNull();
  const names = new Set(whole.frames.map(({ command }) => nameOf(command)));
  const needed = ['connected', 'message', 'sendReceipt', 'ackResponse', 'lookupResponse', 'producerSuccess', 'success'];
  expect(needed.filter((name) => !names.has(name))).toEqual([]);
  // 34 messages, and the first of them again after the seek.
  expect(readMessages(whole.frames).messages.length).toBeGreaterThan(34);
});

describe('a stream damaged anywhere', () => {
  test('is read as it was sent up to the damage; then come frames or an error that names it', () => {
    const one = fc.integer({ min: 1, max: 4_000 });
    fc.assert(
      fc.property(anyDamage, one, (damage, size) => {
        const { bytes, from } = damaged(stream, damage);
        const { frames, error } = readFrames(bytes, size);
        const untouched = starts.filter((start) => start + 4 + stream.readUInt32BE(start) <= from).length;
        expect(frames.slice(0, untouched).map(shownFrame)).toEqual(wholeShown.slice(0, untouched));
        expect(frames.length).toBeGreaterThanOrEqual(untouched);
        expectNamed(error, 'Protocol');
      }),
      { numRuns: 1_500 },
    );
  });

  test('gives no message that was not sent: an entry is read whole and right, or is Undecodable', () => {
    const sent = new Set(readMessages(whole.frames).messages.map(contentOf));
    fc.assert(
      fc.property(fc.array(anyDamage, { minLength: 1, maxLength: 3 }), (damages) => {
        const { messages, errors } = readMessages(readFrames(allDone(stream, damages), stream.length).frames);
        expect(messages.map(contentOf).filter((content) => !sent.has(content))).toEqual([]);
        for (const error of errors) expectNamed(error, 'Undecodable');
      }),
      { numRuns: 1_500 },
    );
  });

  test('gives no message of an entry that lost the very bytes of its checksum and runs into the next frame', () => {
    const sent = new Set(readMessages(whole.frames).messages.map(contentOf));
    const magics = starts.flatMap((start) => checksumOf(start) ?? []);
    expect(magics.length).toBeGreaterThan(20);
    for (const at of magics) {
      const bytes = Buffer.concat([stream.subarray(0, at), stream.subarray(at + 6)]);
      const { messages, errors } = readMessages(readFrames(bytes, stream.length).frames);
      expect(messages.map(contentOf).filter((content) => !sent.has(content))).toEqual([]);
      expect(errors.map(String).filter((error) => error.includes('no checksum'))).toHaveLength(1);
    }
  });

  test('settles every request that waits for an answer, and leaves the connection lost, not hanging', async () => {
    const damages = fc.array(anyDamage, { minLength: 1, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(damages, fc.integer({ min: 50, max: 20_000 }), async (damages, size) => {
        const { connection, pending, play } = aWaitingConnection();
        play(allDone(stream, damages), size);
        const outcomes = await Promise.allSettled(pending);
        for (const outcome of outcomes) {
          // Not a Timeout: that would be an answer that nobody gave up when the stream had ended.
          if (outcome.status === 'rejected')
            expect(outcome.reason).toMatchObject({ code: expect.not.stringMatching('Timeout'), name: 'PulsarError' });
        }
        expect(connection.isLost).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});

describe('what is announced and not there', () => {
  test.each([
    ['a frame', 0, 0x7fffffff],
    ['a frame of the greatest number', 0, 0xffffffff],
    ['a command', 4, 0x7fffffff],
  ])('%s of gigabytes is refused when it is announced, and takes no memory', (_, offset, size) => {
    const bytes = Buffer.from(stream.subarray(0, starts[1]!));
    bytes.writeUInt32BE(size, offset);
    const before = process.memoryUsage().arrayBuffers;
    const { error } = readFrames(bytes, 3);
    expectNamed(error, 'Protocol');
    expect(error).not.toBeNull();
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1_000_000);
  });

  test('of a frame that never ends no more is held than a frame may have', () => {
    const splitter = new FrameSplitter(() => {});
    const head = Buffer.alloc(4);
    head.writeUInt32BE(splitter.maxMessageBytes);
    splitter.push(head);
    const part = Buffer.alloc(64 * 1024);
    const parts = Math.ceil(splitter.maxMessageBytes / part.length);
    const push = () => {
      for (let i = 0; i <= parts; i++) splitter.push(part);
    };
    // What follows it is a frame of zeros without a command, which says nothing.
    expect(push).toThrow(PulsarError);
  });
});

interface Frame {
  readonly command: Command;
  readonly entry: Buffer | null;
}

function readFrames(bytes: Buffer, size: number): { readonly frames: readonly Frame[]; readonly error: unknown } {
  const frames: Frame[] = [];
  const splitter = new FrameSplitter((command, entry) => frames.push({ command, entry }));
  try {
    for (let at = 0; at < bytes.length; at += size) splitter.push(bytes.subarray(at, at + size));
    return { frames, error: null };
  } catch (error) {
    return { frames, error };
  }
}

/** Where in the stream the magic of the checksum stands; null in a frame without an entry. */
function checksumOf(start: number): number | null {
  const at = start + 8 + stream.readUInt32BE(start + 4);
  return at < start + 4 + stream.readUInt32BE(start) && stream.readUInt16BE(at) === 0x0e01 ? at : null;
}

function readMessages(frames: readonly Frame[]) {
  const messages: ReceivedMessage[] = [];
  const errors: unknown[] = [];
  const assembler = new ChunkAssembler({ maxBytes: 1_000_000, expiryMs: 60_000 }, () => {});
  const options = { maxMessageBytes: 1_000_000, partition: -1, assemble: assembler.add.bind(assembler) };
  for (const { command, entry } of frames) {
    if (!command.message) continue;
    try {
      messages.push(...decodeEntry(command.message, entry ?? Buffer.alloc(0), options).messages);
    } catch (error) {
      errors.push(error);
    }
  }
  assembler.clear();
  return { messages, errors };
}

/** All that the checksum covers; ids stand in the command, which has none. */
function contentOf({ id, redeliveryCount, ...content }: ReceivedMessage): string {
  return JSON.stringify(content);
}

function shownFrame({ command, entry }: Frame): string {
  const text = JSON.stringify(command, (_, value) => (typeof value === 'bigint' ? String(value) : value));
  return `${text} ${entry?.toString('hex')}`;
}

function expectNamed(error: unknown, code: PulsarError['code']): void {
  if (error === null) return;
  expect(error).toBeInstanceOf(PulsarError);
  expect((error as PulsarError).code).toBe(code);
  expect((error as PulsarError).message.length).toBeGreaterThan(code.length + 5);
}

function allDone(bytes: Buffer, damages: readonly Damage[]): Buffer {
  return damages.reduce((before, damage) => damaged(before, damage).bytes, bytes);
}

/** A connection that waits for its login and twenty answers, with a consumer of every id the broker may name. */
function aWaitingConnection() {
  let toClient: ((bytes: Buffer | null) => void) | undefined;
  const socket = new Duplex({ allowHalfOpen: false, read() {}, write: (_bytes, _encoding, done) => done() });
  toClient = (bytes) => void socket.push(bytes);
  const connection = new Connection(socket as never, { token: null, hasCertificate: false, proxyToBroker: null });
  for (let id = 0; id < 8; id++) connection.consumers.set(id, new DecodingEnd());
  const login = connection.connect();
  const asked = Array.from({ length: 20 }, () =>
    connection.request((requestId) => ({ getSchema: { requestId, topic: 'persistent://public/default/t' } })),
  );
  const play = (bytes: Buffer, size: number) => {
    for (let at = 0; at < bytes.length; at += size) toClient?.(bytes.subarray(at, at + size));
    toClient?.(null);
  };
  return { connection, pending: [login, ...asked], play };
}

class DecodingEnd implements ConsumerEnd {
  onMessage(command: MessageCommand, entry: Buffer): void {
    readMessages([{ command: { type: 9, message: command }, entry }]);
  }
  onActiveChange(): void {}
  onEndOfTopic(): void {}
  onDetached(): void {}
}

function nameOf(command: Command): string {
  return Object.keys(command).find((key) => key !== 'type') ?? 'none';
}
