import type { AgentSettings } from '../../src/model/agent-settings.ts';
import { decodeChangeEvent, type RecordEvent, type WatermarkEvent } from '../../src/model/change-event.ts';
import { changesPartition, topics } from '../../src/model/topics.ts';
import type { Message, MessageBus, TopicReader } from '../../src/ports/message-bus.ts';
import { outlineRecord } from '../../src/wire/commitlog/record-outline.ts';

/** Calls `onOrder` for each order that arrives from now on, until the signal aborts. */
export async function followOrders(
  { bus, settings }: { readonly bus: MessageBus; readonly settings: AgentSettings },
  onOrder: (id: number) => void,
  signal: AbortSignal,
): Promise<void> {
  const readers = await readersOf(bus, settings);
  await Promise.all(
    readers.map(async (reader) => {
      try {
        for (;;) {
          const { event } = recordOf(await reader.next(signal), settings) ?? {};
          if (event) onOrder(orderId(event));
        }
      } catch (error) {
        if (!signal.aborted) throw error;
      } finally {
        await reader.close();
      }
    }),
  );
}

export interface PublishedOrders {
  readonly messages: number;
  readonly distinct: number;
  readonly firstAtMs: number;
}

/** All orders that are on the topics now. */
export async function countOrders(bus: MessageBus, settings: AgentSettings): Promise<PublishedOrders> {
  const seen = new Set<number>();
  let messages = 0;
  let firstAtMs = Number.POSITIVE_INFINITY;
  for (const reader of await readersOf(bus, settings)) {
    for (let message = await reader.nextUntilEnd(); message; message = await reader.nextUntilEnd()) {
      const found = recordOf(message, settings);
      if (!found) continue;
      messages++;
      seen.add(orderId(found.event));
      firstAtMs = Math.min(firstAtMs, found.publishedAtMs);
    }
    await reader.close();
  }
  return { messages, distinct: seen.size, firstAtMs };
}

/** Calls `onWatermark` for each that arrives on the schema topic, which carries little else, until the signal aborts. */
export async function followWatermarks(
  bus: MessageBus,
  onWatermark: (watermark: WatermarkEvent) => void,
  signal: AbortSignal,
): Promise<void> {
  const reader = await bus.reader(topics.schema, { kind: 'earliest' });
  try {
    for (;;) {
      const event = decodeChangeEvent(await reader.next(signal));
      if (event?.kind === 'watermark') onWatermark(event);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    await reader.close();
  }
}

function readersOf(bus: MessageBus, { changesPartitions }: AgentSettings): Promise<TopicReader[]> {
  const partitions = Array.from({ length: changesPartitions }, (_, partition) => changesPartition(partition));
  return Promise.all(partitions.map((topic) => bus.reader(topic, { kind: 'earliest' })));
}

/** Undefined for anything but an order: a canary, a watermark. */
function recordOf(
  message: Message,
  { wantedTableIds }: AgentSettings,
): { readonly event: RecordEvent; readonly publishedAtMs: number } | undefined {
  const event = decodeChangeEvent(message);
  if (event?.kind !== 'record' || !wantedTableIds.includes(outlineRecord(event.body).firstTableId)) return undefined;
  return { event, publishedAtMs: message.publishedAtMs };
}

function orderId({ body }: RecordEvent): number {
  return Number(outlineRecord(body).partitionKey.readBigInt64BE());
}
