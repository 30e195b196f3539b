import { expect, test } from 'vitest';
import type { SavedPlace } from '../../src/capture/agent-position.ts';
import type { ReadSection } from '../../src/capture/follow-log.ts';
import { openInFlight } from '../../src/capture/in-flight.ts';
import { sectionPublisher } from '../../src/capture/publish-section.ts';
import { followSegment } from '../../src/wire/commitlog/follow-segment.ts';
import { recordsOf } from '../../src/wire/commitlog/records.ts';
import { segmentBytesOf } from '../../src/wire/commitlog/segment-bytes.ts';
import { aClock } from '../support/a-clock.ts';
import { buildSegment } from '../wire/commitlog/segment-builder.ts';
import { aNodeLog, aRecord, canaryTable, counterTable } from './a-node-log.ts';

const mebibyte = 1024 * 1024;

async function aSection(bodies: readonly Buffer[]): Promise<ReadSection> {
  const segment = buildSegment({ id: 7n });
  segment.addSection(bodies);
  const section = await followSegment(segmentBytesOf(segment.bytes()), 'segment').next();
  if (typeof section === 'string') throw new Error(section);
  return { segment: 7n, section, records: recordsOf(section) };
}

const nothing = Buffer.alloc(0);

/** A publisher whose broker answers when the test says so. */
function aPublisher(maxInFlightBytes: number) {
  const waiting: (() => void)[] = [];
  const sent: Buffer[] = [];
  const acknowledged: { readonly place: SavedPlace; readonly nonces: readonly string[] }[] = [];
  const canaries: string[] = [];
  const send = (_: unknown, key: Buffer) => {
    sent.push(key);
    return new Promise<void>((resolve) => waiting.push(resolve));
  };
  const counters = { records: 0 };
  const stop = new AbortController();
  const over = new AbortController();
  const publish = sectionPublisher({
    settings: aNodeLog().settings,
    clock: aClock(),
    progress: { acknowledge: (_, place, nonces) => void acknowledged.push({ place, nonces }) },
    publisher: { toPartition: (_, event, key) => send(event, key), toSchema: (event) => send(event, nothing) },
    inFlight: openInFlight(maxInFlightBytes, () => {}),
    counters,
    claims: { sawCanary: (nonce) => void canaries.push(nonce) },
    report: () => {},
    pulse: { confirmed: () => {} },
    stop: stop.signal,
    over: over.signal,
  });
  const answer = async (count: number) => {
    for (const resolve of waiting.splice(0, count)) resolve();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { publish, sent, acknowledged, canaries, counters, answer, stop, over };
}

function manyRecords(count: number): readonly Buffer[] {
  return Array.from({ length: count }, (_, index) => aRecord(`key ${index}`));
}

test('a section of many small records is never on its way all at once', async () => {
  const read = await aSection(manyRecords(10_000));
  const { publish, sent, answer } = aPublisher(2 * mebibyte);
  const done = publish(read);
  await answer(0);
  expect(sent.length).toBeGreaterThan(1_000);
  expect(sent.length).toBeLessThan(4_000);
  for (let round = 0; round < 40; round++) await answer(1_000);
  await done;
  expect(sent.map(String)).toEqual(Array.from({ length: 10_000 }, (_, index) => `key ${index}`));
});

test('a section is acknowledged once, when the last of its records is, with all its canaries', async () => {
  const bodies = [aRecord('early', canaryTable), ...manyRecords(2_500), aRecord('late', canaryTable)];
  const read = await aSection(bodies);
  const { publish, acknowledged, canaries, answer } = aPublisher(64 * mebibyte);
  await publish(read);
  expect(canaries).toEqual(['early', 'late']);
  await answer(bodies.length - 1);
  expect(acknowledged).toEqual([]);
  await answer(1);
  expect(acknowledged).toEqual([{ place: read.section.next, nonces: ['early', 'late'] }]);
});

test('a section without records of ours is acknowledged all the same', async () => {
  const read = await aSection([]);
  const { publish, acknowledged, answer } = aPublisher(mebibyte);
  await publish(read);
  await answer(0);
  expect(acknowledged).toEqual([{ place: read.section.next, nonces: [] }]);
});

test('a session that ends while a section waits for room leaves it unacknowledged, to be read again', async () => {
  const read = await aSection(manyRecords(10_000));
  const { publish, acknowledged, answer, stop, over } = aPublisher(mebibyte);
  const done = publish(read);
  await answer(0);
  stop.abort(new Error('the session ends'));
  over.abort();
  await expect(done).rejects.toThrow('the session ends');
  await answer(10_000);
  expect(acknowledged).toEqual([]);
});

test('records of counters are counted once their section is acknowledged, and never published', async () => {
  const bodies = [aRecord('a'), ...Array.from({ length: 1_500 }, () => aRecord('n', counterTable)), aRecord('b')];
  const { publish, sent, counters, answer } = aPublisher(mebibyte);
  await publish(await aSection(bodies));
  await answer(1);
  expect(counters.records).toBe(0);
  await answer(1);
  expect(sent.map(String)).toEqual(['a', 'b']);
  expect(counters.records).toBe(1_500);
});

test('a section that is read again counts its counters once', async () => {
  const { publish, counters, answer, over } = aPublisher(mebibyte);
  await publish(await aSection([aRecord('n', counterTable), aRecord('a')]));
  over.abort();
  await answer(1);
  expect(counters.records).toBe(0);
});
