/** The nine bytes before every body: version, flags, stream id (int16), opcode, body length (int32). */
export const headerBytes = 9;

/** What the protocol allows for one body. A longer one is not CQL at all, or would not fit in memory. */
export const maxBodyBytes = 256 * 1024 * 1024;

export const requestVersion = 0x04;
export const responseVersion = 0x84;

export const opcodes = {
  ERROR: 0x00,
  STARTUP: 0x01,
  READY: 0x02,
  AUTHENTICATE: 0x03,
  OPTIONS: 0x05,
  SUPPORTED: 0x06,
  QUERY: 0x07,
  RESULT: 0x08,
  PREPARE: 0x09,
  EXECUTE: 0x0a,
  REGISTER: 0x0b,
  EVENT: 0x0c,
  BATCH: 0x0d,
  AUTH_CHALLENGE: 0x0e,
  AUTH_RESPONSE: 0x0f,
  AUTH_SUCCESS: 0x10,
} as const;

/** Called for each whole frame; the body is `bytes[start..end)` and is not copied. */
export type OnFrame = (
  streamId: number,
  opcode: number,
  flags: number,
  bytes: Buffer,
  start: number,
  end: number,
) => void;

/** Cuts whatever a socket delivers into frames: many in a chunk, or one spread over many. */
export class FrameSplitter {
  readonly #onFrame: OnFrame;
  readonly #version: number;
  /** Chunks of a frame that is not whole yet, their length, and the length at which looking again is worth it. */
  #parts: Buffer[] = [];
  #partsLength = 0;
  #wanted = 0;

  /** `version` is the first byte of every frame that is expected: responses, unless a server reads requests. */
  constructor(onFrame: OnFrame, version = responseVersion) {
    this.#onFrame = onFrame;
    this.#version = version;
  }

  /** Throws on bytes that cannot be such a frame of protocol v4; the splitter is of no use after that. */
  push(chunk: Buffer): void {
    if (this.#partsLength === 0) {
      this.#cut(chunk);
      return;
    }
    this.#parts.push(chunk);
    this.#partsLength += chunk.length;
    // Joined once a frame, not once a chunk: a page of some MiB would otherwise be copied over and over.
    if (this.#partsLength < this.#wanted) return;
    const joined = Buffer.concat(this.#parts, this.#partsLength);
    this.#parts = [];
    this.#partsLength = 0;
    this.#cut(joined);
  }

  #cut(bytes: Buffer): void {
    let at = 0;
    while (bytes.length - at >= headerBytes) {
      const end = at + headerBytes + bodyLengthAt(bytes, at, this.#version);
      if (end > bytes.length) {
        this.#keep(bytes, at, end - at);
        return;
      }
      this.#onFrame(bytes.readInt16BE(at + 2), bytes[at + 4]!, bytes[at + 1]!, bytes, at + headerBytes, end);
      at = end;
    }
    if (at < bytes.length) this.#keep(bytes, at, headerBytes);
  }

  #keep(bytes: Buffer, from: number, wanted: number): void {
    const rest = bytes.subarray(from);
    this.#parts.push(rest);
    this.#partsLength = rest.length;
    this.#wanted = wanted;
  }
}

/** A frame of another version of the protocol, or no CQL at all. */
export class FrameVersionError extends Error {
  override readonly name = 'FrameVersionError';
  /** As it stands in the first byte, without the direction. */
  readonly version: number;
  readonly streamId: number;

  constructor(bytes: Buffer, at: number, expected: number) {
    const kind = expected === responseVersion ? 'response' : 'request';
    const first = expected.toString(16).padStart(2, '0');
    super(`expected a ${kind} of protocol v4 (first byte 0x${first}), found 0x${bytes[at]!.toString(16)}`);
    this.version = bytes[at]! & 0x7f;
    this.streamId = bytes.readInt16BE(at + 2);
  }
}

function bodyLengthAt(bytes: Buffer, at: number, version: number): number {
  if (bytes[at] !== version) throw new FrameVersionError(bytes, at, version);
  const length = bytes.readUInt32BE(at + 5);
  if (length > maxBodyBytes) throw new Error(`a body of ${length} bytes is over the limit of ${maxBodyBytes}`);
  return length;
}
