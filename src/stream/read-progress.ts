import { topics } from '../model/topics.ts';
import type { MessageBus } from '../ports/message-bus.ts';
import { decodeProgress, type PartitionProgress } from './partition-progress.ts';
import { foldProgress, type StreamPosition } from './stream-position.ts';

/** What was said in this time is what is read: workers speak each second. */
const rememberedMs = 20_000;

export interface ProgressQuestion {
  readonly bus: MessageBus;
  readonly partitionCount: number;
  readonly nodes: readonly string[];
  readonly nowMicros: bigint;
}

/** Asks the progress topic where the stream is. */
export async function readProgress(question: ProgressQuestion, signal?: AbortSignal): Promise<StreamPosition> {
  const since = Number(question.nowMicros / 1000n) - rememberedMs;
  const reader = await question.bus.reader(topics.progress, { kind: 'published-since', atMs: since }, signal);
  const reports: PartitionProgress[] = [];
  try {
    for (let message = await reader.nextUntilEnd(signal); message; message = await reader.nextUntilEnd(signal)) {
      const report = decodeProgress(message.payload);
      if (report) reports.push(report);
    }
  } finally {
    await reader.close();
  }
  return foldProgress(reports, question);
}
