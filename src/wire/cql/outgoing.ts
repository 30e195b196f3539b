import { BufferWriter } from './buffer-writer.ts';
import { headerBytes, requestVersion } from './frame.ts';

const slabBytes = 256 * 1024;
// Sent before the turn ends, so that the server has work while we still fill the buffer.
const eagerFlushBytes = 64 * 1024;

/**
 * Frames on their way out. All frames of one turn of the event loop leave in one write to the socket: a system call for
 * each small frame would cost more than everything else here.
 */
export class Outgoing {
  readonly #write: (bytes: Buffer) => void;
  readonly #version: number;
  readonly #writer = new BufferWriter(Buffer.allocUnsafe(slabBytes));
  readonly #flushInTurn = (): void => this.flush();
  #unsentFrom = 0;
  #frames = 0;
  #flushedFrames = 0;
  #isFlushDue = false;

  /** `version` is the first byte of every frame: requests, unless a server answers. */
  constructor(write: (bytes: Buffer) => void, version = requestVersion) {
    this.#write = write;
    this.#version = version;
  }

  /** Adds a frame of exactly `bodySize` bytes that `writeBody` writes; answers its number, counted from 1. */
  add(
    streamId: number,
    opcode: number,
    bodySize: number,
    writeBody: (writer: BufferWriter) => void,
    flags = 0,
  ): number {
    this.#makeRoom(headerBytes + bodySize);
    const writer = this.#writer;
    const start = writer.position;
    try {
      this.#writeHeader(streamId, opcode, bodySize, flags);
      writeBody(writer);
      const written = writer.position - start - headerBytes;
      if (written !== bodySize) throw new Error(`wrote a body of ${written} bytes instead of ${bodySize}`);
    } catch (error) {
      // Half a frame (a timestamp that is no int64) would garble every frame after it.
      writer.position = start;
      throw error;
    }
    this.#frames++;
    this.#scheduleFlush();
    return this.#frames;
  }

  /** Whether frame `number` was handed to the socket; from then on it may reach the server. */
  hasFlushed(number: number): boolean {
    return number <= this.#flushedFrames;
  }

  flush(): void {
    this.#isFlushDue = false;
    const { position, bytes } = this.#writer;
    if (position === this.#unsentFrom) return;
    const unsent = bytes.subarray(this.#unsentFrom, position);
    this.#unsentFrom = position;
    this.#flushedFrames = this.#frames;
    this.#write(unsent);
  }

  /** The socket may still hold what was flushed, so a full slab is left to it and never written again. */
  #makeRoom(needed: number): void {
    const writer = this.#writer;
    if (writer.bytes.length - writer.position >= needed) return;
    this.flush();
    writer.bytes = Buffer.allocUnsafe(Math.max(slabBytes, needed));
    writer.position = 0;
    this.#unsentFrom = 0;
  }

  #writeHeader(streamId: number, opcode: number, bodySize: number, flags: number): void {
    const writer = this.#writer;
    writer.byte(this.#version);
    writer.byte(flags);
    writer.short(streamId);
    writer.byte(opcode);
    writer.int(bodySize);
  }

  #scheduleFlush(): void {
    if (this.#writer.position - this.#unsentFrom >= eagerFlushBytes) {
      this.flush();
    } else if (!this.#isFlushDue) {
      this.#isFlushDue = true;
      setImmediate(this.#flushInTurn);
    }
  }
}
