import { describe, expect, it } from 'vitest';
import { SchemaHistory, type TableChange, type Truncation } from '../../src/feeds/schema-history.ts';
import { type SchemaRows, tablesOf } from '../../src/model/schema.ts';
import type { Table } from '../../src/model/table.ts';
import { decodeMutation } from '../../src/wire/commitlog/decode-mutation.ts';
import { UnknownTableError } from '../../src/wire/commitlog/errors.ts';
import { outlineRecord } from '../../src/wire/commitlog/record-outline.ts';
import type { LogRecord } from '../../src/wire/commitlog/records.ts';
import { schemaTopicTableIds } from '../../src/wire/commitlog/system-table-ids.ts';
import { loadRecording, readWhole, recordings } from '../wire/commitlog/recorded-segment.ts';

const noRows: SchemaRows = { tables: [], columns: [], types: [], droppedColumns: [] };
const beforeAll = -(2n ** 63n);

interface Replay {
  readonly changes: readonly TableChange[];
  readonly truncations: readonly Truncation[];
  readonly reloads: readonly string[];
}

function replay(history: SchemaHistory, records: readonly LogRecord[]): Replay {
  const updates = records
    .filter(({ body }) => schemaTopicTableIds.has(outlineRecord(body).firstTableId))
    .map(({ body }) => history.applyRecord(body, 7));
  return {
    changes: updates.flatMap((update) => update.changes),
    truncations: updates.flatMap((update) => update.truncations),
    reloads: updates.flatMap((update) => update.needsReload ?? []),
  };
}

async function recorded(name: (typeof recordings)[number]) {
  const recording = loadRecording(name);
  return { ...recording, ...(await readWhole(recording.content, recording.fileName)) };
}

/**
 * The tables of the two keyspaces that the recorded workload made, without what a plain read of the schema does not carry.
 * d.gone was dropped in the recorded segment and created again in the next one, which is not recorded.
 */
function userTables(tables: readonly Table[]): readonly unknown[] {
  return tables
    .filter((table) => (table.keyspace === 'g' || table.keyspace === 'd') && table.name !== 'gone')
    .map(({ defaultTtlSeconds: _, ...table }) => table);
}

describe.each(recordings)('the schema history of the segment recorded as %s', (name) => {
  it('ends with the tables that the node itself reports, from the log alone', async () => {
    const { records, schema } = await recorded(name);
    const history = new SchemaHistory(noRows, beforeAll);
    expect(replay(history, records).reloads).toEqual([]);
    expect(userTables(tablesOf(history.rows()))).toEqual(userTables(tablesOf(schema)));
    expect(userTables(tablesOf(schema)).length).toBeGreaterThan(15);
  });

  it('knows every table at the time of its records, also one that was dropped since', async () => {
    const { records } = await recorded(name);
    const history = new SchemaHistory(noRows, beforeAll);
    let decoded = 0;
    for (const record of records) {
      replay(history, [record]);
      if (!isUserRecord(record, history)) continue;
      decodeMutation(record.body, 7, history.tableById);
      decoded++;
    }
    expect(decoded).toBeGreaterThan(400);
  });

  it('learns a dropped table from the backlog though its schema was read after the drop', async () => {
    const { records, schema } = await recorded(name);
    const history = new SchemaHistory(schema, 2n ** 62n);
    const { changes } = replay(history, records);
    expect(changes).toEqual([]);
    const undecoded = records.filter(({ body }) => {
      try {
        decodeMutation(body, 7, history.tableById);
        return false;
      } catch (error) {
        if (error instanceof UnknownTableError) return true;
        throw error;
      }
    });
    expect(undecoded).toEqual([]);
  });

  it('takes the copies of other nodes, in any order, for the changes they are copies of', async () => {
    const { records } = await recorded(name);
    const history = new SchemaHistory(noRows, beforeAll);
    replay(history, records);
    const once = history.rows();
    expect(replay(history, [...records].reverse()).changes).toEqual([]);
    expect(history.rows()).toEqual(once);
  });

  it('reports tables created, altered and dropped in the order of the log, and truncations', async () => {
    const { records } = await recorded(name);
    const { changes, truncations } = replay(new SchemaHistory(noRows, beforeAll), records);
    const ofGone = changes.filter((change) => change.keyspace === 'd' && change.table === 'gone');
    expect(ofGone.map((change) => change.what)).toEqual(['created', 'dropped']);
    const ofT = changes.filter((change) => change.keyspace === 'd' && change.table === 't');
    // Created; 4 columns dropped, 2 added; the type of u altered three times; a key column renamed; cdc off and on.
    expect(ofT.map((change) => change.what)).toEqual(['created', ...Array<string>(12).fill('altered')]);
    const tables = changes.filter((change) => change.what === 'created').map((change) => change.tableId);
    expect(truncations.filter((truncation) => tables.includes(truncation.tableId)).length).toBeGreaterThan(0);
  });
});

describe('a truncation', () => {
  it('is read with its table, its place in the log and its instant', async () => {
    const { records } = await recorded('v41');
    const { truncations } = replay(new SchemaHistory(noRows, beforeAll), records);
    expect(truncations).toContainEqual({
      tableId: '075cedd0e56e11f1a42e0bb0e62812e7',
      segmentId: 1_795_239_578_730n,
      position: 395_382,
      atMs: 1_795_239_622_922n,
    });
  });
});

function isUserRecord({ body }: LogRecord, history: SchemaHistory): boolean {
  const { firstTableId } = outlineRecord(body);
  const table = history.tableById(firstTableId);
  // System tables have name-based ids (version 3), tables of users random or time-based ones.
  if (!table) return firstTableId[12] !== '3';
  return !table.keyspace.startsWith('system');
}
