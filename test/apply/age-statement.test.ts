import { expect, test } from 'vitest';
import { withTtlsAt } from '../../src/apply/age-statement.ts';
import { statementsOfUpdate } from '../../src/apply/statements-of-update.ts';
import { createTargetWriter } from '../../src/apply/target-writer.ts';
import type { TargetKeyspace } from '../../src/ports/target-keyspace.ts';
import { aClock } from '../support/a-clock.ts';
import { aTable, text } from '../support/a-table.ts';
import { aCell, anUpdate, aRow } from '../support/an-update.ts';
import { inMemoryTarget, timedOut } from '../support/in-memory-target.ts';
import { shownStatement } from './shown-statement.ts';

const table = aTable({ regulars: { a: 'text', b: 'text' } });
const expiry = { ttlSeconds: 100, expiresAtSeconds: 1100 };
const update = anUpdate(table, {
  rows: [
    aRow({
      marker: { timestampMicros: 7n, expiry },
      cells: [aCell(table, 'a', text('x'), 8n, { expiry }), aCell(table, 'b', text('y'), 9n)],
    }),
  ],
});

async function sentAfter(outageSeconds: number): Promise<readonly string[]> {
  const clock = aClock();
  let isAway = true;
  const target = inMemoryTarget(() => {
    if (!isAway) return;
    isAway = false;
    clock.now += BigInt(outageSeconds) * 1_000_000n;
    throw timedOut();
  });
  const writer = createTargetWriter({ target, clock, report: () => {}, maxInFlight: 1 });
  const statements = statementsOfUpdate(update, { keyspace: 'moved', nowSeconds: 1000 });
  await Promise.all(withTtlsAt(statements, clock.now).map((statement) => writer.write(statement)));
  return target.taken.map((statement) => /TTL (\d+)/.exec(shownStatement(statement))![1]!).sort();
}

test('what waited for the target has so much less to live, and what does not expire still does not', async () => {
  expect(await sentAfter(0)).toEqual(['0', '100', '100']);
  expect(await sentAfter(30)).toEqual(['0', '70', '70']);
});

test('what ended while it waited ends at once, and never by TTL 0', async () => {
  expect(await sentAfter(500)).toEqual(['0', '1', '1']);
});

test('what waits for a connection has as much less to live when it is sent', async () => {
  const clock = aClock();
  const sent: string[] = [];
  const target = {
    ...inMemoryTarget(),
    async write(...[statement, , valuesNow]: Parameters<TargetKeyspace['write']>) {
      clock.now += 25_000_000n;
      sent.push(shownStatement({ ...statement, values: valuesNow?.() ?? statement.values }));
    },
  };
  const writer = createTargetWriter({ target, clock, report: () => {}, maxInFlight: 1 });
  const [statement] = withTtlsAt(statementsOfUpdate(update, { keyspace: 'moved', nowSeconds: 1000 }), clock.now);
  await writer.write(statement!);
  expect(sent).toEqual([expect.stringContaining('TTL 75')]);
});
