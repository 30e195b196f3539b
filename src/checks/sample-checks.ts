import { copyingOf } from '../config/table-copying.ts';
import { isMulticell } from '../model/cql-type.ts';
import type { Finding } from '../model/finding.ts';
import { type Column, keyColumns, type Table } from '../model/table.ts';
import { maxToken, minToken, splitRange } from '../model/token.ts';
import { isAhead } from '../model/write-timestamp.ts';
import type { EncodedRow } from '../ports/table-reader.ts';
import type { Check, CheckContext } from './check.ts';
import { fault } from './fault.ts';

const stretches = 8;
const rowsOfStretch = 100;

/** Applications that stamp their own writes may stamp the future: the target refuses that, and such a table is recopied. */
export const writeTimes: Check = {
  name: 'write times',
  async ask(context) {
    return forEachTable(context, async (table) => {
      const now = context.clock.nowMicros();
      const times = (await sample(table, context)).flatMap((row) =>
        row.writeTimesMicros.filter((time) => time !== null),
      );
      const ahead = times.filter((time) => isAhead(time, now, context.config.window));
      if (ahead.length === 0 || isAccepted(context, table, 'future-write-times')) return [];
      return [
        fault(
          this.name,
          'write times of at most five minutes ahead, or the operator to accept them',
          `${ahead.length} of ${times.length} sampled in ${table.name} are further ahead`,
          `add to accept: { table: ${table.name}, what: future-write-times, reason: … }: every change of it will then be read again from the source`,
        ),
      ];
    });
  },
};

/** The expiry of a collection's elements cannot be read on 4.x; other columns that expire are a sign that they do too. */
export const expiringCollections: Check = {
  name: 'expiry of collections',
  async ask(context) {
    return forEachTable(context, async (table) => {
      const collections = [...table.columns.values()].filter((column) => isMulticell(column.type));
      if (collections.length === 0 || table.defaultTtlSeconds > 0 || isAccepted(context, table, 'unprovable-expiry'))
        return [];
      const expiring = (await sample(table, context)).filter((row) => row.ttlSeconds.some((ttl) => ttl !== null));
      if (expiring.length === 0) return [];
      return [
        fault(
          this.name,
          'no TTLs on non-frozen collections, or the operator to accept them',
          `${table.name} has rows that expire and ${collections.map((column) => column.name).join(', ')}, whose expiry a read cannot see`,
          `add to accept: { table: ${table.name}, what: unprovable-expiry, reason: … }`,
        ),
      ];
    });
  },
};

/** The copy does not ask for the remaining times of a table that is said to have none: it would make what expires last for good. */
export const unexpectedExpiry: Check = {
  name: 'values that expire',
  async ask(context) {
    return forEachTable(context, async (table) => {
      if (copyingOf(table.name, context.config).expires) return [];
      const rows = await sample(table, context);
      const expiring = rows.filter((row) => row.ttlSeconds.some((ttl) => ttl !== null));
      if (expiring.length === 0) return [];
      return [
        fault(
          this.name,
          'no values that expire where snapshot.tables says expires: false',
          `${expiring.length} of ${rows.length} rows sampled in ${table.name} have some`,
          `take expires: false of ${table.name} out of snapshot.tables`,
        ),
      ];
    });
  },
};

async function forEachTable(
  context: CheckContext,
  ask: (table: Table) => Promise<readonly Finding[]>,
): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const table of context.tables) if (!table.isCounter) findings.push(...(await ask(table)));
  return findings;
}

/** Some rows from all round the ring. */
async function sample(table: Table, { source, signal }: CheckContext): Promise<readonly EncodedRow[]> {
  const simple: readonly Column[] = [...table.columns.values()].filter((column) => !isMulticell(column.type));
  const rows: EncodedRow[] = [];
  if (simple.length === 0) return rows;
  for (const range of splitRange({ start: minToken, end: maxToken }, stretches)) {
    const read = {
      table,
      range,
      columns: keyColumns(table),
      ttlColumns: simple,
      writeTimeColumns: simple,
      pageSize: rowsOfStretch,
      ...(signal && { signal }),
    };
    for await (const page of source.readRange(read)) {
      rows.push(...page);
      if (page.length > 0) break;
    }
  }
  return rows;
}

function isAccepted({ config }: CheckContext, table: Table, what: 'unprovable-expiry' | 'future-write-times'): boolean {
  return config.accept.some((accepted) => accepted.table === table.name && accepted.what === what);
}
