import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { type SchemaRows, tablesOf } from '../../../src/model/schema.ts';
import type { Table } from '../../../src/model/table.ts';
import { type FollowEnd, followSegment, type Section } from '../../../src/wire/commitlog/follow-segment.ts';
import { type LogRecord, recordsOf } from '../../../src/wire/commitlog/records.ts';
import { segmentBytesOf } from '../../../src/wire/commitlog/segment-bytes.ts';

/** One segment of a real node, with what Cassandra's own reader printed of it. */
export interface RecordedSegment {
  readonly fileName: string;
  readonly content: Buffer;
  readonly indexText: string;
  /** Canonical lines of Cassandra's reader; see canonical-mutation.ts. */
  readonly expected: readonly string[];
  readonly schema: SchemaRows;
}

export const recordings = ['v40-deflate', 'v41', 'v50-compat4', 'v50-lz4', 'v50-snappy'] as const;

const folder = fileURLToPath(new URL('fixtures/', import.meta.url));

export function loadRecording(name: (typeof recordings)[number]): RecordedSegment {
  const files = readdirSync(folder + name);
  const zipped = files.find((file) => file.endsWith('.log.gz'))!;
  const unzip = (file: string) => gunzipSync(readFileSync(`${folder}${name}/${file}`));
  const fileName = zipped.slice(0, -'.gz'.length);
  const id = fileName.split('-')[2]!.slice(0, -'.log'.length);
  const lines = unzip('expected.jsonl.gz').toString().trimEnd().split('\n');
  return {
    fileName,
    content: unzip(zipped),
    indexText: readFileSync(`${folder}${name}/${files.find((file) => file.endsWith('.idx'))}`, 'utf8'),
    // The reader was run over several segments; one of them is kept here.
    expected: lines.filter((line) => line.startsWith(`{"g":"${id}"`)),
    schema: schemaRowsOf(JSON.parse(unzip('schema.json.gz').toString()) as RawSchema),
  };
}

export function tablesById(schema: SchemaRows): ReadonlyMap<string, Table> {
  return new Map(tablesOf(schema).map((table) => [table.id, table]));
}

export interface SegmentContent {
  readonly sections: readonly Section[];
  readonly records: readonly LogRecord[];
  readonly end: FollowEnd;
}

/** All of a segment in memory, up to where its chain ends. */
export async function readWhole(content: Buffer, fileName: string): Promise<SegmentContent> {
  const follower = followSegment(segmentBytesOf(content), fileName);
  const sections: Section[] = [];
  for (;;) {
    const step = await follower.next();
    if (typeof step === 'string')
      return { sections, records: sections.flatMap((section) => [...recordsOf(section)]), end: step };
    sections.push(step);
  }
}

interface RawSchema {
  readonly tables: readonly {
    keyspace_name: string;
    table_name: string;
    id: string;
    cdc: boolean | null;
    flags: string[] | null;
  }[];
  readonly columns: readonly {
    keyspace_name: string;
    table_name: string;
    column_name: string;
    clustering_order: string;
    kind: SchemaRows['columns'][number]['kind'];
    position: number;
    type: string;
  }[];
  readonly types: readonly { keyspace_name: string; type_name: string; field_names: string[]; field_types: string[] }[];
  readonly dropped: readonly {
    keyspace_name: string;
    table_name: string;
    column_name: string;
    dropped_time: string;
    kind: SchemaRows['columns'][number]['kind'];
    type: string;
  }[];
}

function schemaRowsOf(raw: RawSchema): SchemaRows {
  return {
    tables: raw.tables.map((row) => ({
      keyspace: row.keyspace_name,
      table: row.table_name,
      id: row.id,
      flags: row.flags ?? [],
      cdc: row.cdc === true,
      defaultTtlSeconds: 0,
    })),
    columns: raw.columns.map((row) => ({
      keyspace: row.keyspace_name,
      table: row.table_name,
      column: row.column_name,
      kind: row.kind,
      position: row.position,
      clusteringOrder: row.clustering_order,
      type: row.type,
    })),
    types: raw.types.map((row) => ({
      keyspace: row.keyspace_name,
      type: row.type_name,
      fields: row.field_names,
      fieldTypes: row.field_types,
    })),
    droppedColumns: raw.dropped.map((row) => ({
      keyspace: row.keyspace_name,
      table: row.table_name,
      column: row.column_name,
      kind: row.kind,
      type: row.type,
      droppedTimeMs: row.dropped_time,
    })),
  };
}
