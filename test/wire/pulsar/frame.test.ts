import { expect, test } from 'vitest';
import { ByteWriter } from '../../../src/wire/pulsar/byte-writer.ts';
import type { Command } from '../../../src/wire/pulsar/commands.ts';
import { FrameSplitter, writeCommandFrame, writeEntryFrameHead } from '../../../src/wire/pulsar/frame.ts';

test('PING is the six bytes after its two sizes that the protocol says', () => {
  const writer = new ByteWriter();
  writeCommandFrame(writer, { ping: {} });
  expect(writer.written().toString('hex')).toBe('00000009' + '00000005' + '0812920100');
});

test('frames come out the same wherever the stream is cut', () => {
  const { bytes, expected } = aStream();
  for (let size = 1; size <= bytes.length; size++) {
    const seen: string[] = [];
    const splitter = new FrameSplitter((command, entry) => seen.push(describeFrame(command, entry)));
    for (let at = 0; at < bytes.length; at += size) splitter.push(bytes.subarray(at, at + size));
    expect(seen, `in parts of ${size} bytes`).toEqual(expected);
  }
});

test('a frame larger than the broker may send is refused before it is waited for', () => {
  const splitter = new FrameSplitter(() => {});
  expect(() => splitter.push(Buffer.from([0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 1]))).toThrow('a frame of 2147483647 bytes');
});

test('a command that runs over the end of its frame is refused', () => {
  const splitter = new FrameSplitter(() => {});
  expect(() => splitter.push(Buffer.from('000000060000000a0812', 'hex'))).toThrow('runs over the end');
});

function aStream() {
  const writer = new ByteWriter();
  writeCommandFrame(writer, { ping: {} });
  const body = Buffer.from('metadata and payload');
  writeEntryFrameHead(writer, { send: { producerId: 3, sequenceId: 7 } }, 0xcafebabe, body.length);
  writer.bytes(body);
  writeCommandFrame(writer, { success: { requestId: 300 } });
  const entry = `0e01cafebabe${body.toString('hex')}`;
  return { bytes: writer.written(), expected: ['ping', `send ${entry}`, 'success'] };
}

function describeFrame(command: Command, entry: Buffer | null): string {
  const name = Object.keys(command).find((key) => key !== 'type');
  return entry ? `${name} ${entry.toString('hex')}` : String(name);
}
