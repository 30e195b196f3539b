import type { Position } from '../../ports/message-bus.ts';
import { compareMessageIds, formatMessageId, type MessageId, parseMessageId } from '../../wire/pulsar/message-id.ts';

/** A position that remembers its message id: acknowledging by text alone would not know where its batch ends. */
export class BusPosition implements Position {
  readonly id: MessageId;

  constructor(id: MessageId) {
    this.id = id;
  }

  get text(): string {
    return formatMessageId(this.id);
  }

  toJSON(): { readonly text: string } {
    return { text: this.text };
  }
}

/** Of one topic partition; positions that came out of a ledger as text included. */
export function comparePositions(a: Position, b: Position): number {
  return compareMessageIds(idOf(a), idOf(b));
}

export function idOf(position: Position): MessageId {
  return position instanceof BusPosition ? position.id : parseMessageId(position.text);
}
