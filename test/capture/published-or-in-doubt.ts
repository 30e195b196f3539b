import { expect } from 'vitest';
import type { CaptureHole } from '../../src/model/capture-hole.ts';
import { decodeLedgerEvent } from '../../src/state/ledger-codec.ts';
import { type CaptureWorld, readEvents } from './capture-world.ts';
import { firstPublished } from './published-changes.ts';
import type { WrittenPage } from './write-pages.ts';

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
export async function expectPublishedOrInDoubt(
  world: CaptureWorld,
  written: readonly WrittenPage[],
): Promise<readonly WrittenPage[]> {
  const [firsts, holes] = [firstPublished(await readEvents(world), world), await bookedHoles(world)];
  const missing = written.filter(({ timestampMicros }) => !firsts.has(timestampMicros));
  expect(missing.filter((page) => !holes.some((hole) => isIn(hole, page)))).toEqual([]);
  return missing;
}

function isIn(
  { tableIds, fromMicros, toMicros }: CaptureHole,
  { tableId, sentMs, acknowledgedMs }: WrittenPage,
): boolean {
  const isOfTable = tableIds === undefined || tableIds.includes(tableId);
  return isOfTable && fromMicros <= BigInt(acknowledgedMs) * 1000n && toMicros >= BigInt(sentMs) * 1000n;
}
