import type { ProgressEvent, Report } from '../events.ts';
import type { CopyPause, TableHold } from '../model/table-hold.ts';
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

/** What holds a worker is told once a minute. */
const toldMs = 65_000;

/** A table that is held is told several times in this time. */
const freshMs = 10_000;

/** Lets `status`, wherever it runs, know what holds this worker, on the topic of the stream's progress. */
export async function tellHolds({ bus, report, workerName, signal }: WorkerContext): Promise<HoldTeller> {
  const publisher = await bus.publisher(topics.progress, {}, signal);
  return {
    report(event) {
      report(event);
      const payload = payloadOf(workerName, event);
      // It is only told: what cannot be published must not stop a write.
      if (payload) publisher.publish({ payload }).catch(() => {});
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

/** Why workers have not read lately, each with its newest reason. */
export async function readPauses(bus: MessageBus, nowMs: number, signal?: AbortSignal): Promise<readonly CopyPause[]> {
  const newest = new Map<string, string>();
  const reader = await bus.reader(topics.progress, { kind: 'published-since', atMs: nowMs - toldMs }, signal);
  try {
    for (let message = await reader.nextUntilEnd(signal); message; message = await reader.nextUntilEnd(signal)) {
      const told = decode(message.payload)?.pause;
      if (typeof told?.reason === 'string') newest.set(told.worker, told.reason);
    }
  } finally {
    await reader.close();
  }
  return [...newest].map(([worker, reason]) => ({ worker, reason }));
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

function payloadOf(worker: string, event: ProgressEvent): Buffer | undefined {
  if (event.kind === 'throttled') return encodeHold(worker, event);
  const isPause = event.kind === 'waiting' && event.reason.startsWith('held by');
  return isPause ? Buffer.from(JSON.stringify({ pause: { worker, reason: event.reason } })) : undefined;
}

function encodeHold(worker: string, { by, table, writesPerSecond, unitsPerSecond }: Throttled): Buffer {
  return Buffer.from(JSON.stringify({ held: { worker, by, table, writesPerSecond, unitsPerSecond } }));
}

/** Undefined for whatever else is on the topic. */
function decodeHold(payload: Buffer): ToldHold | undefined {
  const held = decode(payload)?.held;
  // What is unknown is not in the message.
  return typeof held?.table === 'string' ? { ...held, unitsPerSecond: held.unitsPerSecond } : undefined;
}

function decode(payload: Buffer): { readonly held?: ToldHold; readonly pause?: CopyPause } | undefined {
  try {
    return JSON.parse(payload.toString());
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
