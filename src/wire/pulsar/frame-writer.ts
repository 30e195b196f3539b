import type { Socket } from 'node:net';
import { ByteWriter } from './byte-writer.ts';
import type { OutgoingCommand } from './commands.ts';
import type { EncodedEntry } from './encode-entry.ts';
import { writeCommandFrame, writeEntryFrameHead } from './frame.ts';
import { Pulse } from './pulse.ts';

const bufferBytes = 64 * 1024;
/** Written out within a turn at this size; below it, once at the turn's end. */
const flushAtBytes = 256 * 1024;
/** A body this large is handed to the socket as it is instead of copied. */
const copyUpToBytes = 32 * 1024;
const congestedAtBytes = 4 * 1024 * 1024;

/** Gathers frames and writes them once an event-loop turn, not once a command: this is most of the speed. */
export class FrameWriter {
  private readonly socket: Socket;
  private readonly drained = new Pulse();
  private out = new ByteWriter(bufferBytes);
  private isFlushScheduled = false;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('drain', () => this.drained.fire());
    socket.on('close', () => this.drained.fire());
  }

  command(command: OutgoingCommand): void {
    writeCommandFrame(this.out, command);
    this.scheduleFlush();
  }

  entry(command: OutgoingCommand, entry: EncodedEntry): void {
    const { head, payload, checksum } = entry;
    writeEntryFrameHead(this.out, command, checksum, head.length + payload.length);
    this.out.bytes(head);
    if (payload.length <= copyUpToBytes) this.out.bytes(payload);
    else {
      this.flush();
      if (this.socket.writable) this.socket.write(payload);
    }
    if (this.out.length > flushAtBytes) this.flush();
    else this.scheduleFlush();
  }

  flush(): void {
    if (this.out.length === 0) return;
    const bytes = this.out.written();
    this.out = new ByteWriter(bufferBytes);
    if (this.socket.writable) this.socket.write(bytes);
  }

  async untilDrained(signal?: AbortSignal): Promise<void> {
    while (this.isCongested) await this.drained.wait(signal);
  }

  private get isCongested(): boolean {
    return this.socket.writable && this.socket.writableLength > congestedAtBytes;
  }

  private scheduleFlush(): void {
    if (this.isFlushScheduled) return;
    this.isFlushScheduled = true;
    setImmediate(() => {
      this.isFlushScheduled = false;
      this.flush();
    });
  }
}
