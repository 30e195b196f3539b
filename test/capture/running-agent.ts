import { onTestFinished } from 'vitest';
import { runAgent } from '../../src/capture/run-agent.ts';
import type { ProgressEvent } from '../../src/events.ts';
import type { AgentSettings } from '../../src/model/agent-settings.ts';
import type { ChangeEvent, RecordEvent } from '../../src/model/change-event.ts';
import type { Clock } from '../../src/ports/clock.ts';
import { outlineRecord } from '../../src/wire/commitlog/record-outline.ts';
import { aClock } from '../support/a-clock.ts';
import type { MemoryBus } from './memory-bus.ts';

export interface RunningAgent {
  readonly reports: readonly ProgressEvent[];
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

/** An agent in this process, over a memory bus; time flies. It is stopped when the test ends. */
export function startAgent(
  settings: AgentSettings,
  { bus, bookHole }: MemoryBus,
  clock: Clock = aClock(),
): RunningAgent {
  const controller = new AbortController();
  const reports: ProgressEvent[] = [];
  const ended = runAgent(settings, {
    bus,
    bookHole,
    clock,
    report: (event) => reports.push(event),
    signal: controller.signal,
  });
  ended.catch(() => {});
  const stop = () => {
    controller.abort();
    return ended;
  };
  // An agent that ended by itself fails its test here.
  onTestFinished(stop);
  return { reports, ended, stop };
}

export function allTopics({ changesPartitions }: AgentSettings): readonly string[] {
  return [...Array.from({ length: changesPartitions }, (_, n) => `changes-partition-${n}`), 'schema'];
}

export function eventsOf<K extends ChangeEvent['kind']>(
  memory: MemoryBus,
  topic: string,
  kind: K,
): readonly Extract<ChangeEvent, { kind: K }>[] {
  return memory.events(topic).filter((event): event is Extract<ChangeEvent, { kind: K }> => event.kind === kind);
}

export function publishedKeys(memory: MemoryBus, settings: AgentSettings): readonly string[] {
  return allTopics(settings).flatMap((topic) => eventsOf(memory, topic, 'record').map(keyOf));
}

function keyOf({ body }: RecordEvent): string {
  return outlineRecord(body).partitionKey.toString();
}
