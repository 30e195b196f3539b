import { decodeChangeEvent } from '../model/change-event.ts';
import { topics } from '../model/topics.ts';
import type { MessageBus } from '../ports/message-bus.ts';

/** The newest watermark of one node's agent. */
export interface AgentVoice {
  readonly heardAtMs: number;
  /** Since when that node's capture has no hole. */
  readonly unbrokenSinceMicros: bigint;
}

/**
 * Who of the agents spoke in the last minute and a half, by host id: each sends a watermark a second to every topic, of
 * which the schema topic is the quietest. Needs no sink.
 */
export async function hearAgents(
  bus: Pick<MessageBus, 'reader'>,
  nowMs: number,
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, AgentVoice>> {
  const reader = await bus.reader(topics.schema, { kind: 'published-since', atMs: nowMs - rememberedMs }, signal);
  const voices = new Map<string, AgentVoice>();
  try {
    for (let message = await reader.nextUntilEnd(signal); message; message = await reader.nextUntilEnd(signal)) {
      const event = decodeChangeEvent(message);
      if (event?.kind !== 'watermark') continue;
      voices.set(event.node, {
        heardAtMs: message.publishedAtMs,
        unbrokenSinceMicros: event.unbrokenSinceMicros,
      });
    }
  } finally {
    await reader.close();
  }
  return voices;
}

const rememberedMs = 90_000;
