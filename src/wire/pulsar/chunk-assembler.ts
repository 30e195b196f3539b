import { compareMessageIds, type MessageId } from './message-id.ts';

/** One part of a message that was too large for one entry. */
export interface Chunk {
  readonly uuid: string;
  /** From 0. */
  readonly index: number;
  readonly count: number;
  /** Of all parts together. */
  readonly totalBytes: number;
  readonly id: MessageId;
  readonly content: Buffer;
}

export interface WholeMessage {
  readonly content: Buffer;
  /** Of every entry that belongs to it, the last one last. */
  readonly ids: readonly MessageId[];
}

/** Entries that were passed over because their message is not complete. They are not acknowledged. */
export interface IncompleteMessage {
  readonly uuid: string;
  readonly ids: readonly MessageId[];
  /** 'headless': its beginning was never seen; 'superseded': its producer began anew; 'expired': the rest did not come. */
  readonly why: 'headless' | 'superseded' | 'expired';
}

export interface ChunkLimits {
  /** Held for all messages that are not complete. */
  readonly maxBytes: number;
  readonly expiryMs: number;
}

interface OpenMessage {
  readonly parts: Buffer[];
  readonly ids: MessageId[];
  readonly count: number;
  readonly totalBytes: number;
  bytes: number;
  touchedAtMs: number;
}

const rememberedExpired = 1000;

/** Puts chunked messages together. Throws a RangeError rather than pass over what may be a stored message. */
export class ChunkAssembler {
  private readonly limits: ChunkLimits;
  private readonly onIncomplete: (message: IncompleteMessage) => void;
  private readonly open = new Map<string, OpenMessage>();
  private readonly expired = new Set<string>();
  private heldBytes = 0;
  private timer: NodeJS.Timeout | null = null;

  constructor(limits: ChunkLimits, onIncomplete: (message: IncompleteMessage) => void) {
    this.limits = limits;
    this.onIncomplete = onIncomplete;
  }

  /** The message, once this was its last part; null while parts are missing. */
  add(chunk: Chunk): WholeMessage | null {
    throwOnNonsense(chunk);
    const message = chunk.index === 0 ? this.begin(chunk) : this.open.get(chunk.uuid);
    if (message === undefined) return this.refuseHeadless(chunk);
    if (chunk.index < message.parts.length) {
      // Stored twice by a producer that reconnected: goes with the message, but is not part of it.
      if (!message.ids.some((id) => compareMessageIds(id, chunk.id) === 0)) message.ids.push(chunk.id);
      return null;
    }
    if (chunk.index > message.parts.length)
      throw new RangeError(`chunk ${chunk.index} comes without the one before it`);
    this.hold(message, chunk);
    return message.parts.length === message.count ? this.finish(chunk.uuid, message) : null;
  }

  /** The first entries of the messages that are not complete. */
  *openedAt(): Generator<MessageId> {
    for (const message of this.open.values()) yield message.ids[0]!;
  }

  /** Everything not acknowledged comes again. */
  clear(): void {
    this.open.clear();
    this.expired.clear();
    this.heldBytes = 0;
    this.stopTimer();
  }

  private begin(chunk: Chunk): OpenMessage {
    const before = this.open.get(chunk.uuid);
    if (before !== undefined && compareMessageIds(before.ids[0]!, chunk.id) === 0) return before;
    // A producer that was started anew counts from 0 again: the parts from before belong to another message.
    if (before) this.giveUp(chunk.uuid, before, 'superseded');
    const { count, totalBytes } = chunk;
    const begun = { parts: [], ids: [], count, totalBytes, bytes: 0, touchedAtMs: 0 };
    this.open.set(chunk.uuid, begun);
    return begun;
  }

  private refuseHeadless(chunk: Chunk): null {
    if (this.expired.has(chunk.uuid)) {
      throw new RangeError(`chunk ${chunk.index} comes after the chunks before it had been given up as incomplete`);
    }
    this.onIncomplete({ uuid: chunk.uuid, ids: [chunk.id], why: 'headless' });
    return null;
  }

  private hold(message: OpenMessage, { content, id }: Chunk): void {
    const { maxBytes, expiryMs } = this.limits;
    if (message.bytes + content.length > message.totalBytes)
      throw new RangeError('its chunks are larger than announced');
    if (this.heldBytes + content.length > maxBytes) {
      throw new RangeError(`chunks of incomplete messages would take more than ${maxBytes} bytes`);
    }
    // Copied: what is held may stay long, and must not hold the socket's buffer.
    message.parts.push(Buffer.from(content));
    message.ids.push(id);
    message.bytes += content.length;
    message.touchedAtMs = performance.now();
    this.heldBytes += content.length;
    this.timer ??= setTimeout(() => this.expire(), expiryMs).unref();
  }

  private finish(uuid: string, message: OpenMessage): WholeMessage {
    if (message.bytes !== message.totalBytes) throw new RangeError('its chunks are smaller than announced');
    this.remove(uuid, message);
    return { content: Buffer.concat(message.parts), ids: message.ids };
  }

  private expire(): void {
    this.timer = null;
    const oldest = performance.now() - this.limits.expiryMs;
    for (const [uuid, message] of this.open) {
      if (message.touchedAtMs > oldest) continue;
      this.expired.add(uuid);
      if (this.expired.size > rememberedExpired) this.expired.delete(this.expired.values().next().value!);
      this.giveUp(uuid, message, 'expired');
    }
    if (this.open.size > 0) this.timer ??= setTimeout(() => this.expire(), this.limits.expiryMs).unref();
  }

  private giveUp(uuid: string, message: OpenMessage, why: IncompleteMessage['why']): void {
    this.remove(uuid, message);
    this.onIncomplete({ uuid, ids: message.ids, why });
  }

  private remove(uuid: string, message: OpenMessage): void {
    this.open.delete(uuid);
    this.heldBytes -= message.bytes;
    if (this.open.size === 0) this.stopTimer();
  }

  private stopTimer(): void {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
  }
}

function throwOnNonsense({ uuid, index, count, totalBytes }: Chunk): void {
  const isSound = uuid !== '' && Number.isSafeInteger(index) && index >= 0 && index < count && totalBytes >= 0;
  if (!isSound) throw new RangeError(`chunk ${index} of ${count} in ${totalBytes} bytes of "${uuid}" makes no sense`);
}
