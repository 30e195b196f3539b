import { describe, expect, it } from 'vitest';
import { decodeMutation } from '../../../src/wire/commitlog/decode-mutation.ts';
import { UnknownTableError } from '../../../src/wire/commitlog/errors.ts';
import { outlineRecord } from '../../../src/wire/commitlog/record-outline.ts';
import { canonicalLine, canonicalMutation } from './canonical-mutation.ts';
import { loadRecording, readWhole, recordings, tablesById } from './recorded-segment.ts';

describe.each(recordings)('the segment recorded as %s', (name) => {
  it('decodes to what Cassandra’s own reader printed, mutation by mutation', async () => {
    const { content, fileName, expected, schema } = loadRecording(name);
    const tables = tablesById(schema);
    const { records, sections } = await readWhole(content, fileName);
    const decoded = [];
    const unknown = new Set<string>();
    for (const { body, endPosition } of records) {
      try {
        const mutation = decodeMutation(body, sections[0]!.header.logVersion, (id) => tables.get(id));
        decoded.push(canonicalMutation(mutation, endPosition));
      } catch (error) {
        if (!(error instanceof UnknownTableError)) throw error;
        unknown.add(error.tableId);
      }
    }
    expect(decoded.length).toBe(expected.length);
    expect(decoded.length).toBeGreaterThan(800);
    for (const [index, line] of expected.entries()) expect(decoded[index]).toEqual(canonicalLine(line));
    // The schema was read at the end, when one table had been dropped.
    expect(unknown.size).toBe(1);
  });

  it('is outlined without a schema as it decodes with one', async () => {
    const { content, fileName, schema } = loadRecording(name);
    const tables = tablesById(schema);
    for (const { body } of (await readWhole(content, fileName)).records) {
      const outline = outlineRecord(body);
      if (!tables.has(outline.firstTableId)) continue;
      const { updates } = decodeMutation(body, 7, (id) => tables.get(id));
      expect(updates.length).toBe(outline.updateCount);
      expect(updates[0]!.table.id).toBe(outline.firstTableId);
      for (const update of updates) expect(update.partitionKey.equals(outline.partitionKey)).toBe(true);
    }
  });
});
