import { describe, expect, test } from 'vitest';
import { createTargetWriter } from '../../src/apply/target-writer.ts';
import type { ProgressEvent } from '../../src/events.ts';
import { TargetWriteError } from '../../src/ports/target-keyspace.ts';
import { aClock } from '../support/a-clock.ts';
import { inMemoryTarget, refused, timedOut } from '../support/in-memory-target.ts';

const statement = { cql: 'INSERT', values: [Buffer.alloc(4)] };

function aWriter(answer: () => void | Promise<void>, maxInFlight = 8) {
  const target = inMemoryTarget(answer);
  const events: ProgressEvent[] = [];
  const writer = createTargetWriter({
    target,
    clock: aClock(),
    report: (event) => void events.push(event),
    maxInFlight,
  });
  return { target, events, writer };
}

/** Fails as told for the first attempts. */
function failing(...errors: readonly Error[]): () => void {
  const left = [...errors];
  return () => {
    const error = left.shift();
    if (error) throw error;
  };
}

describe('the writer', () => {
  test('tries again whatever passes, and counts what was confirmed', async () => {
    const { writer, target } = aWriter(failing(timedOut(), new TargetWriteError('throttled', 'slow down')));
    await writer.write(statement);
    expect(target.taken).toHaveLength(1);
    expect(writer.confirmed).toBe(1n);
  });

  test('gives up on what the target refuses, naming the statement', async () => {
    const { writer } = aWriter(failing(refused('too big')));
    await expect(writer.write(statement)).rejects.toMatchObject({ name: 'RefusedWriteError', cql: 'INSERT' });
    expect(writer.confirmed).toBe(0n);
  });

  test('sends once where asked to', async () => {
    const { writer, target } = aWriter(failing(timedOut()));
    await expect(writer.writeOnce(statement)).rejects.toThrow(TargetWriteError);
    expect(target.taken).toEqual([]);
  });

  test('lets through any other error at once', async () => {
    const { writer } = aWriter(failing(new TypeError('a bug')));
    await expect(writer.write(statement)).rejects.toThrow('a bug');
  });

  test('says so when the target takes nothing for a while', async () => {
    const { writer, events } = aWriter(failing(...Array.from({ length: 6 }, timedOut)));
    await writer.write(statement);
    expect(events).toMatchObject([{ kind: 'waiting' }]);
  });

  test('says so at once when one attempt takes that long, as without any connection', async () => {
    const clock = aClock();
    const away = failing(timedOut());
    const target = inMemoryTarget(async () => {
      await clock.sleep(10_001);
      away();
    });
    const events: ProgressEvent[] = [];
    const report = (event: ProgressEvent) => void events.push(event);
    await createTargetWriter({ target, clock, report, maxInFlight: 1 }).write(statement);
    expect(events).toMatchObject([{ kind: 'waiting', reason: expect.stringContaining('timed out (attempt 1)') }]);
  });

  test('does not take the wait for a turn for one of the target', async () => {
    const clock = aClock();
    const provisioned = { mode: 'provisioned', unitsPerSecond: 1 } as const;
    let attempts = 0;
    const failLate = () => {
      if (++attempts === 15) throw timedOut();
    };
    const target = { ...inMemoryTarget(failLate), writeCapacity: async () => provisioned };
    const events: ProgressEvent[] = [];
    const report = (event: ProgressEvent) => void events.push(event);
    const writer = createTargetWriter({ target, clock, report, maxInFlight: 1 });
    await Promise.all(Array.from({ length: 20 }, () => writer.write(statement)));
    expect(events).toMatchObject([{ kind: 'waiting', reason: expect.stringContaining('held by: the capacity') }]);
  });

  const inserts = (...rows: Buffer[]) => ({ cql: 'INSERT', valueCount: 1, rows, using: Buffer.alloc(0) });
  const row = Buffer.alloc(4);
  const three = inserts(row, row, row);

  test('writes rows together in one attempt, and says whether all of them are confirmed', async () => {
    const { writer, target } = aWriter(failing(timedOut()));
    expect(await writer.writeTogether(three)).toBe(false);
    expect(writer.confirmed).toBe(0n);
    expect(await writer.writeTogether(three)).toBe(true);
    expect(writer.confirmed).toBe(3n);
    expect(target.requests).toEqual([3, 3]);
  });

  test('counts four rows that go together as one write in flight, and a row by itself as one too', async () => {
    const together = aWriter(() => {}, 4);
    await Promise.all(Array.from({ length: 6 }, () => together.writer.writeTogether(inserts(...Array(8).fill(row)))));
    expect(together.target.mostInFlight).toBe(16);
    const alone = aWriter(() => {}, 4);
    await Promise.all(Array.from({ length: 6 }, () => alone.writer.writeRow(inserts(row))));
    expect(alone.target.mostInFlight).toBe(4);
  });

  test('says of rows together that one was refused, without a word which, and lets a bug through', async () => {
    expect(await aWriter(failing(refused('too big'))).writer.writeTogether(three)).toBe(false);
    await expect(aWriter(failing(new TypeError('a bug'))).writer.writeTogether(three)).rejects.toThrow('a bug');
  });

  test('tries one row until it is taken, or refused', async () => {
    const { writer, target } = aWriter(failing(timedOut(), timedOut()));
    await writer.writeRow(inserts(Buffer.alloc(4)));
    expect(target.requests).toEqual([1, 1, 1]);
    const refusing = aWriter(failing(refused('too big'))).writer.writeRow(inserts(Buffer.alloc(4)));
    await expect(refusing).rejects.toMatchObject({ name: 'RefusedWriteError' });
  });

  test('lets rows go together until the target pushes back', async () => {
    const { writer } = aWriter(failing(new TargetWriteError('throttled', 'slow down')));
    expect(writer.rowsTogether('INSERT')).toBe(30);
    await writer.write(statement);
    expect(writer.rowsTogether('INSERT')).toBe(1);
  });

  test('stops when told to, also in the middle of its attempts', async () => {
    const stop = new AbortController();
    let attempts = 0;
    const { writer } = aWriter(() => {
      if (++attempts === 3) stop.abort(new Error('stopped'));
      throw timedOut();
    });
    await expect(writer.write(statement, stop.signal)).rejects.toThrow('stopped');
    expect(attempts).toBe(3);
  });

  test('keeps to its bound, halves it when pushed back and finds its way up again', async () => {
    const pushBack = failing(...Array.from({ length: 8 }, () => new TargetWriteError('throttled', 'slow down')));
    const { writer, target, events } = aWriter(pushBack);
    await Promise.all(Array.from({ length: 200 }, () => writer.write(statement)));
    expect(target.mostInFlight).toBe(8);
    expect(target.taken).toHaveLength(200);
    // Eight pushed back at once are one push.
    expect(events.filter(({ kind }) => kind === 'throttled')).toMatchObject([
      { kind: 'throttled', by: 'target', inFlight: 4, table: 'the target' },
    ]);
  });
});
