import type { Message, Position, ReadFrom, TopicReader } from '../../ports/message-bus.ts';
import type { MessageId } from '../../wire/pulsar/message-id.ts';
import type { PulsarClient, Reader, ReaderStart } from '../../wire/pulsar/types.ts';
import { onBus } from './bus-errors.ts';
import { BusPosition, idOf } from './bus-position.ts';
import { messageOf, throwOnEnd } from './open-subscription.ts';

export interface ReaderParts {
  readonly client: PulsarClient;
  /** Full name. */
  readonly topic: string;
  readonly readerName: string;
}

export async function openReader(
  { client, topic, readerName }: ReaderParts,
  from: ReadFrom,
  signal?: AbortSignal,
): Promise<TopicReader> {
  const doing = `to read ${topic}`;
  const isReadCompacted = from.kind === 'newest-of-keys';
  const reader = await onBus(doing, () =>
    client.reader({ topic, start: startOf(from), isReadCompacted, readerName, signal }),
  );
  let end: MessageId | null = null;
  return {
    nextUntilEnd: (signal) =>
      onBus(doing, async () => {
        // The end is asked for only when what was known of it has been read.
        if (!reader.hasMoreBefore(end)) end = await reader.lastMessageId(signal);
        return reader.hasMoreBefore(end) ? nextIfAny(reader, signal) : undefined;
      }),
    next: (signal) => onBus(doing, async () => throwOnEnd(await reader.receive(signal), topic)),
    close: () => reader.close(),
  };
}

/** Undefined for an empty topic. */
export async function readLastPosition(parts: ReaderParts, signal?: AbortSignal): Promise<Position | undefined> {
  const { client, topic, readerName } = parts;
  return onBus(`to read the end of ${topic}`, async () => {
    const reader = await client.reader({ topic, start: 'earliest', receiveQueue: 0, readerName, signal });
    try {
      const last = await reader.lastMessageId(signal);
      return last ? new BusPosition(last) : undefined;
    } finally {
      await reader.close();
    }
  });
}

async function nextIfAny(reader: Reader, signal?: AbortSignal): Promise<Message | undefined> {
  const message = await reader.receive(signal);
  return message ? messageOf(message) : undefined;
}

function startOf(from: ReadFrom): ReaderStart {
  switch (from.kind) {
    case 'earliest':
    case 'latest':
      return from.kind;
    case 'newest-of-keys':
      return 'earliest';
    case 'after':
      return { id: idOf(from.position), isExclusive: true };
    case 'published-since':
      return { publishTimeMs: from.atMs };
  }
}
