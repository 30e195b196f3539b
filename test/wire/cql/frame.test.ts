import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FrameSplitter, maxBodyBytes } from '../../../src/wire/cql/frame.ts';
import { responseFrame } from './frame-bytes.ts';

describe('FrameSplitter', () => {
  test('cuts many frames out of one chunk', () => {
    const bytes = Buffer.concat([frame(1, 'one'), frame(2, ''), frame(300, 'three')]);
    expect(split([bytes])).toEqual(['1:one', '2:', '300:three']);
  });

  test('puts a frame together from single bytes', () => {
    const bytes = frame(7, 'a body in pieces');
    expect(split([...bytes].map((one) => Buffer.from([one])))).toEqual(['7:a body in pieces']);
  });

  test('finds the same frames wherever the network cuts them', () => {
    const bodies = fc.array(fc.string({ unit: 'grapheme-ascii', maxLength: 40 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(bodies, fc.array(fc.nat(400)), (texts, cuts) => {
        const bytes = Buffer.concat(texts.map((text, i) => frame(i, text)));
        expect(split(cutAt(bytes, cuts))).toEqual(texts.map((text, i) => `${i}:${text}`));
      }),
    );
  });

  test('hands out bodies as views of the chunk, without a copy', () => {
    const chunk = Buffer.from(frame(1, 'body'));
    new FrameSplitter((_id, _opcode, _flags, bytes) => expect(bytes.buffer).toBe(chunk.buffer)).push(chunk);
    expect.assertions(1);
  });

  test('keeps opcode, flags and the negative stream of an event apart', () => {
    const seen: unknown[] = [];
    const splitter = new FrameSplitter((...frame) => seen.push(frame.slice(0, 3)));
    splitter.push(responseFrame(-1, 0x0c, Buffer.alloc(3), 0x08));
    expect(seen).toEqual([[-1, 0x0c, 0x08]]);
  });

  test('refuses a body over 256 MiB before it collects it', () => {
    const header = responseFrame(1, 8, Buffer.alloc(0));
    header.writeUInt32BE(maxBodyBytes + 1, 5);
    expect(() => split([header])).toThrow('over the limit');
  });

  test('refuses bytes that are no response of v4, even in the second half of a split header', () => {
    const alien = Buffer.from('HTTP/1.1 400 Bad Request');
    expect(() => split([alien])).toThrow('expected a response of protocol v4');
    expect(() => split([alien.subarray(0, 4), alien.subarray(4)])).toThrow('expected a response of protocol v4');
  });
});

function frame(streamId: number, text: string): Buffer {
  return responseFrame(streamId, 8, Buffer.from(text));
}

function split(chunks: readonly Buffer[]): string[] {
  const seen: string[] = [];
  const splitter = new FrameSplitter((id, _opcode, _flags, bytes, start, end) => {
    seen.push(`${id}:${bytes.toString('utf8', start, end)}`);
  });
  for (const chunk of chunks) splitter.push(chunk);
  return seen;
}

function cutAt(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [0, ...cuts.filter((cut) => cut < bytes.length).sort((a, b) => a - b), bytes.length];
  return places.slice(1).map((end, i) => bytes.subarray(places[i], end));
}
