import { expect } from 'vitest';
import type { CaptureHole } from '../../src/model/capture-hole.ts';
import { decodeLedgerEvent } from '../../src/state/ledger-codec.ts';
import { type CaptureWorld, readEvents } from './capture-world.ts';
import { firstPublished } from './published-changes.ts';

/** A write that the node acknowledged. */
interface Acknowledged {
  /** Its own, by which it is recognised in the log. */
  readonly timestampMicros: bigint;
  /** Undefined where it may be any. */
  readonly tableId?: string;
  readonly sentMs: number;
  readonly acknowledgedMs: number;
}

/** The holes that the ledger has, repeats taken out. */
export async function bookedHoles({ bus }: CaptureWorld): Promise<readonly CaptureHole[]> {
  const reader = await bus.reader('ledger', { kind: 'earliest' });
  const holes = new Map<string, CaptureHole>();
  try {
    for (let message = await reader.nextUntilEnd(); message; message = await reader.nextUntilEnd()) {
      const event = decodeLedgerEvent(message.payload);
      if (event.kind === 'capture-hole') holes.set(event.hole.id, event.hole);
    }
  } finally {
    await reader.close();
  }
  return [...holes.values()];
}

/** Whatever the node acknowledged is published, or a hole of its table and its time is booked. Answers what is not published. */
export async function expectPublishedOrInDoubt<Write extends Acknowledged>(
  world: CaptureWorld,
  written: readonly Write[],
): Promise<readonly Write[]> {
  const [firsts, holes] = [firstPublished(await readEvents(world), world), await bookedHoles(world)];
  const missing = written.filter(({ timestampMicros }) => !firsts.has(timestampMicros));
  expect(missing.filter((write) => !holes.some((hole) => isIn(hole, write)))).toEqual([]);
  return missing;
}

function isIn(
  { tableIds, fromMicros, toMicros }: CaptureHole,
  { tableId, sentMs, acknowledgedMs }: Acknowledged,
): boolean {
  const isOfTable = tableIds === undefined || tableId === undefined || tableIds.includes(tableId);
  return isOfTable && fromMicros <= BigInt(acknowledgedMs) * 1000n && toMicros >= BigInt(sentMs) * 1000n;
}
