import { expect, test } from 'vitest';
import { openInFlight } from '../../src/capture/in-flight.ts';

const never = new AbortController().signal;
const turn = () => new Promise((resolve) => setImmediate(resolve));

test('sections are done in the order they were read, whichever is acknowledged first', async () => {
  const first = Promise.withResolvers<void>();
  const done: number[] = [];
  const inFlight = openInFlight(100, () => {});
  inFlight.add(1, [first.promise], () => done.push(1));
  inFlight.add(1, [Promise.resolve()], () => done.push(2));
  await turn();
  expect(done).toEqual([]);
  first.resolve();
  await inFlight.drained(never);
  expect(done).toEqual([1, 2]);
});

test('room is given when enough is acknowledged', async () => {
  const first = Promise.withResolvers<void>();
  const inFlight = openInFlight(100, () => {});
  inFlight.add(100, [first.promise], () => {});
  let hasRoom = false;
  const room = inFlight.room(never).then(() => {
    hasRoom = true;
  });
  await turn();
  expect(hasRoom).toBe(false);
  first.resolve();
  await room;
});

test('nothing behind a refused publish is ever done', async () => {
  const faults: unknown[] = [];
  const done: number[] = [];
  const inFlight = openInFlight(100, (cause) => faults.push(cause));
  inFlight.add(1, [Promise.reject(new Error('refused'))], () => done.push(1));
  inFlight.add(1, [Promise.resolve()], () => done.push(2));
  await expect(inFlight.drained(never)).rejects.toThrow('refused');
  expect(done).toEqual([]);
  expect(faults).toHaveLength(1);
});

test('who waits for room or for the end is let go by the signal', async () => {
  const inFlight = openInFlight(1, () => {});
  inFlight.add(1, [new Promise(() => {})], () => {});
  const stop = new AbortController();
  const waits = [inFlight.room(stop.signal), inFlight.drained(stop.signal)];
  stop.abort(new Error('enough'));
  for (const wait of waits) await expect(wait).rejects.toThrow('enough');
});
