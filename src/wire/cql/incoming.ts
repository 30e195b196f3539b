import type { Socket } from 'node:net';
import { onNextBeat } from './next-beat.ts';

const slabBytes = 128 * 1024;
// A read that is offered less room than this would cut a page into ever more pieces.
const leastRoomBytes = 32 * 1024;

/** Takes a chunk; false: more is not wanted at once, but with the next beat. */
export type OnChunk = (chunk: Buffer) => boolean;

/**
 * What a socket brings, read into slabs one chunk behind the other: Node's own way takes 64 KiB for every read, however
 * little it brings. No part of a slab is written twice, so a chunk may be kept.
 */
export class Incoming {
  /** What the socket is opened with. */
  readonly onread = {
    buffer: () => this.#room(),
    callback: (length: number) => this.#onRead(length),
  };
  readonly #restUntil: (wake: () => void) => void;
  #onChunk: OnChunk = () => true;
  #socket: Socket | undefined;
  #slab = Buffer.allocUnsafeSlow(slabBytes);
  #from = 0;
  readonly #resume = () => void this.#socket?.resume();

  constructor(restUntil = onNextBeat) {
    this.#restUntil = restUntil;
  }

  listen(socket: Socket, onChunk: OnChunk): void {
    this.#socket = socket;
    this.#onChunk = onChunk;
  }

  #room(): Buffer {
    if (slabBytes - this.#from < leastRoomBytes) {
      this.#slab = Buffer.allocUnsafeSlow(slabBytes);
      this.#from = 0;
    }
    return this.#slab.subarray(this.#from);
  }

  #onRead(length: number): boolean {
    const chunk = this.#slab.subarray(this.#from, this.#from + length);
    this.#from += length;
    const goesOn = this.#onChunk(chunk);
    if (!goesOn) this.#restUntil(this.#resume);
    return goesOn;
  }
}
