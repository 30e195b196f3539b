import type { ProgressEvent, Report } from '../events.ts';
import type { TableHold } from '../model/table-hold.ts';
import { topics } from '../model/topics.ts';
import type { MessageBus } from '../ports/message-bus.ts';
import type { WorkerContext } from './phase-context.ts';

export interface HoldTeller {
  /** Passes every event on. */
  readonly report: Report;
  close(): Promise<void>;
}

/** What one worker says of one table. */
interface ToldHold extends TableHold {
  readonly worker: string;
}

/** A table that is held is told several times in this time. */
const freshMs = 10_000;

/** Lets `status`, wherever it runs, know what holds this worker, on the topic of the stream's progress. */
export async function tellHolds({ bus, report, workerName, signal }: WorkerContext): Promise<HoldTeller> {
  const publisher = await bus.publisher(topics.progress, {}, signal);
  return {
    report(event) {
      report(event);
      if (event.kind !== 'throttled') return;
      // It is only told: what cannot be published must not stop a write.
      publisher.publish({ payload: encodeHold(workerName, event) }).catch(() => {});
    },
    close: () => publisher.close(),
  };
}

/** What is held now, the writes of all workers added up. */
export async function readHolds(bus: MessageBus, nowMs: number, signal?: AbortSignal): Promise<readonly TableHold[]> {
  const newest = new Map<string, ToldHold>();
  const reader = await bus.reader(topics.progress, { kind: 'published-since', atMs: nowMs - freshMs }, signal);
  try {
    for (let message = await reader.nextUntilEnd(signal); message; message = await reader.nextUntilEnd(signal)) {
      const told = decodeHold(message.payload);
      if (told) newest.set(`${told.worker} ${told.table}`, told);
    }
  } finally {
    await reader.close();
  }
  return sumByTable([...newest.values()]);
}

function sumByTable(told: readonly ToldHold[]): readonly TableHold[] {
  const byTable = new Map<string, TableHold>();
  for (const { by, table, writesPerSecond, unitsPerSecond } of told) {
    const others = byTable.get(table)?.writesPerSecond ?? 0;
    byTable.set(table, { by, table, writesPerSecond: others + writesPerSecond, unitsPerSecond });
  }
  return [...byTable.values()].sort((one, other) => (one.table < other.table ? -1 : 1));
}

type Throttled = Extract<ProgressEvent, { kind: 'throttled' }>;

function encodeHold(worker: string, { by, table, writesPerSecond, unitsPerSecond }: Throttled): Buffer {
  return Buffer.from(JSON.stringify({ held: { worker, by, table, writesPerSecond, unitsPerSecond } }));
}

/** Undefined for whatever else is on the topic. */
function decodeHold(payload: Buffer): ToldHold | undefined {
  try {
    const { held } = JSON.parse(payload.toString());
    return typeof held?.table === 'string' ? { unitsPerSecond: undefined, ...held } : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
