import { encodeChangeEvent } from '../../src/model/change-event.ts';
import type { Message, MessageBus, Subscription } from '../../src/ports/message-bus.ts';
import { orderKey, orderRecord } from './order-record.ts';

export interface EndlessLanes {
  readonly bus: MessageBus;
  readonly acknowledged: number;
}

/** A bus whose changes topics hold so many changes each, made when they are asked for; of all else it forgets what it is told. */
export function endlessLanes(tableId: string, changesEach: number): EndlessLanes {
  const acknowledged = new Map<string, number>();
  const bus: Partial<MessageBus> = {
    publisher: async () => ({
      publish: async () => ({ text: '0' }),
      flush: async () => {},
      lost: new AbortController().signal,
      close: async () => {},
    }),
    reader: async () => ({
      nextUntilEnd: async () => undefined,
      next: (signal) => untilAborted(signal),
      close: async () => {},
    }),
    acknowledgedUpTo: async () => undefined,
    subscribe: async (topic) =>
      lane(tableId, acknowledged.size * changesEach, changesEach, (upTo) => void acknowledged.set(topic, upTo)),
  };
  return {
    bus: bus as MessageBus,
    get acknowledged() {
      return [...acknowledged.values()].reduce((sum, upTo) => sum + upTo, 0);
    },
  };
}

function lane(tableId: string, firstId: number, count: number, onAcknowledged: (upTo: number) => void): Subscription {
  let next = 0;
  onAcknowledged(0);
  const poll = () => (next < count ? aMessage(tableId, firstId + next, next++) : undefined);
  return {
    isActive: true,
    onActiveChange: () => {},
    poll,
    receive: async (signal) => poll() ?? untilAborted(signal),
    acknowledge: async () => {},
    acknowledgeUpTo: async ({ text }) => onAcknowledged(Number(text) + 1),
    release: async () => {},
    close: async () => {},
  };
}

function aMessage(tableId: string, id: number, place: number): Message {
  const publishedAtMs = Date.now();
  const event = orderRecord(tableId, id, BigInt(publishedAtMs) * 1000n);
  const position = { text: `${place}` };
  return { position, key: orderKey(id), ...encodeChangeEvent(event), publishedAtMs, redeliveryCount: 0 };
}

function untilAborted(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
