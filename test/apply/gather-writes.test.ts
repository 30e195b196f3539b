import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bigintBytes, intBytes } from '../../src/apply/encode-values.ts';
import { gatherWrites } from '../../src/apply/gather-writes.ts';
import { bytesOfPartitions, cellBytes } from '../../src/apply/request-bounds.ts';
import { createTargetWriter } from '../../src/apply/target-writer.ts';
import { type BoundValue, type TargetStatement, TargetWriteError, unset } from '../../src/ports/target-keyspace.ts';
import { aClock } from '../support/a-clock.ts';
import { inMemoryTarget, refused, timedOut } from '../support/in-memory-target.ts';

const insert = 'INSERT INTO moved.t (id, v) VALUES (?, ?) USING TIMESTAMP ? AND TTL ?';

function statement(id: number, value: BoundValue = Buffer.from('x'), cql = insert): TargetStatement {
  return { cql, values: [intBytes(id), value, bigintBytes(7n), intBytes(0)] };
}

const idIn = ({ values }: TargetStatement) => (values[0] as Buffer).readInt32BE();

function gathering(answer: (statement: TargetStatement) => void | Promise<void> = () => {}) {
  const target = inMemoryTarget(answer);
  return {
    target,
    writer: gatherWrites(createTargetWriter({ target, clock: aClock(), report: () => {}, maxInFlight: 1_000 })),
  };
}

function writeAll(count: number, { writer }: ReturnType<typeof gathering>) {
  return Promise.allSettled(Array.from({ length: count }, (_, id) => writer.write(statement(id))));
}

const endedWell = ({ status }: PromiseSettledResult<void>) => status === 'fulfilled';

describe('writes that are asked for at the same time', () => {
  test('go ten in a request, as they were asked for', async () => {
    const world = gathering();
    expect((await writeAll(21, world)).every(endedWell)).toBe(true);
    // The last one has a request of its own, which is not one of rows.
    expect(world.target.requests).toEqual([10, 10]);
    expect(world.target.taken.map(idIn)).toEqual(Array.from({ length: 21 }, (_, id) => id));
    expect(world.target.taken[0]).toEqual(statement(0));
    expect(world.writer.confirmed).toBe(21n);
  });

  test('keep what is null and what is unset', async () => {
    const { writer, target } = gathering();
    await Promise.all([writer.write(statement(1, null)), writer.write(statement(2, unset))]);
    expect(target.requests).toEqual([2]);
    expect(target.taken).toEqual([statement(1, null), statement(2, unset)]);
  });

  test('go apart where their texts differ', async () => {
    const { writer, target } = gathering();
    const other = 'UPDATE moved.t USING TIMESTAMP ? AND TTL ? SET v = ? WHERE id = ?';
    await Promise.all([0, 1, 2, 3].map((id) => writer.write(statement(id, null, id % 2 === 0 ? insert : other))));
    expect(target.requests).toEqual([2, 2]);
  });

  test('wait for no others', async () => {
    const { writer, target } = gathering();
    await writer.write(statement(1));
    await writer.write(statement(2));
    expect(target.requests).toEqual([]);
    expect(target.taken.map(idIn)).toEqual([1, 2]);
  });

  test('go one by one while the target holds us back', async () => {
    let left = 1;
    const world = gathering(() => {
      if (left-- > 0) throw new TargetWriteError('throttled', 'slow down');
    });
    await world.writer.write(statement(0));
    await writeAll(5, world);
    expect(world.target.requests).toEqual([]);
  });

  test('of which one expires: it goes by itself, with what is left of its life', async () => {
    const { writer, target } = gathering();
    const expiring = { ...statement(3), ttl: { index: 3, atMicros: 0n } };
    await Promise.all([writer.write(statement(1)), writer.write(expiring), writer.write(statement(2))]);
    expect(target.requests).toEqual([2]);
    expect(target.taken.map(idIn).toSorted()).toEqual([1, 2, 3]);
  });

  test('of which one is refused: the others are written', async () => {
    const world = gathering((each) => {
      if (idIn(each) === 4) throw refused('too big');
    });
    const ends = await writeAll(8, world);
    expect(ends.map(endedWell)).toEqual([true, true, true, true, false, true, true, true]);
    expect(ends[4]).toMatchObject({ reason: { name: 'RefusedWriteError' } });
  });

  test('under a signal that aborts: each ends with its reason, those of another signal do not', async () => {
    const { writer, target } = gathering();
    const stop = new AbortController();
    const stopped = [1, 2].map((id) => writer.write(statement(id), stop.signal));
    const others = [3, 4].map((id) => writer.write(statement(id)));
    stop.abort(new Error('enough'));
    for (const end of await Promise.allSettled(stopped)) expect(end).toMatchObject({ reason: { message: 'enough' } });
    await Promise.all(others);
    expect(target.taken.map(idIn)).toEqual([3, 4]);
  });

  test('are all confirmed once they resolve, in requests of bounded weight, whatever becomes of any answer', async () => {
    const outcome = fc.constantFrom('good', 'good', 'good', 'lost', 'refused');
    const write = fc.record({ bytes: fc.integer({ min: 0, max: 3_000 }), outcome });
    await fc.assert(
      fc.asyncProperty(fc.array(write, { minLength: 1, maxLength: 60 }), async (writes) => {
        const lost = new Set<number>();
        const { writer, target } = gathering((each) => {
          const id = idIn(each);
          const { outcome } = writes[id]!;
          if (outcome === 'refused') throw refused('never');
          if (outcome !== 'lost' || lost.has(id)) return;
          lost.add(id);
          throw timedOut();
        });
        const together = weighRequests(target);
        const ends = await Promise.allSettled(
          writes.map(({ bytes }, id) => writer.write(statement(id, Buffer.alloc(bytes)))),
        );
        expect(ends.map(endedWell)).toEqual(writes.map(({ outcome }) => outcome !== 'refused'));
        const taken = new Set(target.taken.map(idIn));
        expect([...taken].toSorted((a, b) => a - b)).toEqual(
          writes.flatMap(({ outcome }, id) => (outcome === 'refused' ? [] : [id])),
        );
        expect(together.filter((weight) => weight > bytesOfPartitions)).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });
});

/** What a Cassandra would weigh of each request that has several rows, as they are sent. */
function weighRequests(target: ReturnType<typeof inMemoryTarget>): readonly number[] {
  const weights: number[] = [];
  const { writeRows } = target;
  target.writeRows = (writes, signal) => {
    const lengths = 4 * writes.valueCount;
    weights.push(writes.rows.reduce((sum, row) => sum + row.length - lengths + cellBytes * writes.valueCount, 0));
    return writeRows(writes, signal);
  };
  return weights;
}
