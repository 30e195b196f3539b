import { describe, expect, test } from 'vitest';
import { deleteRows } from '../../src/apply/delete-rows.ts';
import { layoutOf } from '../../src/apply/row-layout.ts';
import { createTargetWriter } from '../../src/apply/target-writer.ts';
import { type TargetStatement, TargetWriteError } from '../../src/ports/target-keyspace.ts';
import { aClock } from '../support/a-clock.ts';
import { aTable, int } from '../support/a-table.ts';
import { inMemoryTarget, refused, timedOut } from '../support/in-memory-target.ts';
import { shownStatement } from './shown-statement.ts';

const table = aTable({ name: 't', clustering: { c: 'int', d: 'text' } });
const keysOf = (count: number) => Array.from({ length: count }, (_, c) => [int(c), Buffer.from('x')]);

function deleting(count: number, answer: (statement: TargetStatement) => void | Promise<void> = () => {}) {
  const target = inMemoryTarget(answer);
  const writer = createTargetWriter({ target, clock: aClock(), report: () => {}, maxInFlight: 1_000 });
  const context = { layout: layoutOf(table), keyspace: 'moved', timestampMicros: 77n };
  return { target, done: deleteRows([int(1)], keysOf(count), context, { writer }) };
}

const keyIn = ({ values }: TargetStatement) => (values[2] as Buffer).readInt32BE();

describe('rows of a partition', () => {
  test('are deleted thirty in a request, each with its whole key and at the time that is given', async () => {
    const { target, done } = deleting(61);
    await done;
    expect(target.requests.toSorted((a, b) => b - a)).toEqual([30, 30, 1]);
    const taken = target.taken.toSorted((a, b) => keyIn(a) - keyIn(b));
    expect(shownStatement(taken[60]!)).toBe(
      'DELETE FROM "moved"."t" USING TIMESTAMP 77 WHERE "id" = 1 AND "c" = 60 AND "d" = x',
    );
    expect(taken.map(keyIn)).toEqual(Array.from({ length: 61 }, (_, c) => c));
  });

  test('that are none ask for nothing', async () => {
    const { target, done } = deleting(0);
    await done;
    expect(target.requests).toEqual([]);
  });

  test('leave places for other writes, however many they are', async () => {
    const { target, done } = deleting(3_000);
    await done;
    expect(target.mostInFlight).toBe(120);
    expect(target.taken).toHaveLength(3_000);
  });

  test('are sent again one by one where the answer to them all was lost', async () => {
    let lost = false;
    const { target, done } = deleting(40, (statement) => {
      if (keyIn(statement) !== 3 || lost) return;
      lost = true;
      throw timedOut();
    });
    await done;
    expect(target.requests.toSorted((a, b) => b - a)).toEqual([30, 10, ...Array.from({ length: 30 }, () => 1)]);
    expect(new Set(target.taken.map(keyIn)).size).toBe(40);
  });

  test('that the target will not take are told, once nothing else is under way', async () => {
    let underWay = 0;
    const { done } = deleting(90, async (statement) => {
      if (keyIn(statement) === 3) throw refused('no');
      underWay++;
      await new Promise(setImmediate);
      underWay--;
    });
    await expect(done).rejects.toMatchObject({ name: 'RefusedWriteError' });
    expect(underWay).toBe(0);
  });

  test('go one in a request while the target pushes back', async () => {
    let pushes = 0;
    const { target, done } = deleting(300, () => {
      if (pushes++ === 0) throw new TargetWriteError('throttled', 'slow down');
    });
    await done;
    expect(target.requests.filter((rows) => rows === 1).length).toBeGreaterThan(100);
    expect(new Set(target.taken.map(keyIn)).size).toBe(300);
  });
});
