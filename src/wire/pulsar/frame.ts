import type { ByteWriter } from './byte-writer.ts';
import { baseCommand, type Command, type OutgoingCommand, withType } from './commands.ts';
import { decodeProto } from './decode-proto.ts';
import { writeProto } from './encode-proto.ts';
import { PulsarError } from './pulsar-error.ts';

/** Before the checksum of an entry. */
export const checksumMagic = 0x0e01;
/** Room for the command and metadata around a payload of the greatest size. */
const slackBytes = 128 * 1024;

/** `[u32 total][u32 command size][command]`; total counts what follows it. */
export function writeCommandFrame(writer: ByteWriter, command: OutgoingCommand): void {
  const at = writeCommand(writer, command);
  writer.buffer.writeUInt32BE(writer.length - at - 4, at);
}

/**
 * The frame of an entry up to its body: the command, the magic, the checksum. The body follows,
 * `[u32 metadata size][metadata][payload]`, which the checksum covers.
 */
export function writeEntryFrameHead(
  writer: ByteWriter,
  command: OutgoingCommand,
  checksum: number,
  bodySize: number,
): void {
  const at = writeCommand(writer, command);
  writer.uint16(checksumMagic);
  writer.uint32(checksum);
  writer.buffer.writeUInt32BE(writer.length - at - 4 + bodySize, at);
}

function writeCommand(writer: ByteWriter, command: OutgoingCommand): number {
  const at = writer.length;
  writer.uint32(0);
  writer.uint32(0);
  writeProto(writer, baseCommand, withType(command));
  writer.buffer.writeUInt32BE(writer.length - at - 8, at + 4);
  return at;
}

export type FrameHandler = (command: Command, entry: Buffer | null) => void;

/** Cuts a stream of bytes into frames, without copying unless a frame spans reads. */
export class FrameSplitter {
  maxMessageBytes = 5 * 1024 * 1024;
  private readonly onFrame: FrameHandler;
  private parts: Buffer[] = [];
  private partsBytes = 0;
  /** Joined only once this many are there: a large frame is copied once, not at every read. */
  private neededBytes = 4;

  constructor(onFrame: FrameHandler) {
    this.onFrame = onFrame;
  }

  push(bytes: Buffer): void {
    this.parts.push(bytes);
    this.partsBytes += bytes.length;
    if (this.partsBytes < this.neededBytes) return;
    const whole = this.parts.length === 1 ? bytes : Buffer.concat(this.parts, this.partsBytes);
    const rest = whole.subarray(this.takeFrames(whole));
    this.parts = rest.length > 0 ? [rest] : [];
    this.partsBytes = rest.length;
    this.neededBytes = rest.length >= 4 ? 4 + rest.readUInt32BE(0) : 4;
  }

  private takeFrames(bytes: Buffer): number {
    let at = 0;
    while (bytes.length - at >= 4) {
      const size = bytes.readUInt32BE(at);
      if (size > this.maxMessageBytes + slackBytes) throw new PulsarError('Protocol', `a frame of ${size} bytes`);
      if (bytes.length - at < 4 + size) break;
      this.takeFrame(bytes.subarray(at + 4, at + 4 + size));
      at += 4 + size;
    }
    return at;
  }

  private takeFrame(frame: Buffer): void {
    const commandSize = frame.length >= 4 ? frame.readUInt32BE(0) : frame.length;
    if (4 + commandSize > frame.length) throw new PulsarError('Protocol', 'a command runs over the end of its frame');
    const command = decodeProto(baseCommand, frame, 4, 4 + commandSize);
    this.onFrame(command, frame.length > 4 + commandSize ? frame.subarray(4 + commandSize) : null);
  }
}
