import { describe, expect, it } from 'vitest';
import { decodeMutation } from '../../../src/wire/commitlog/decode-mutation.ts';
import {
  CorruptMutationError,
  UnknownColumnError,
  UnknownTableError,
  UnsupportedMutationError,
} from '../../../src/wire/commitlog/errors.ts';
import { randomOf } from '../../model/simulation/random.ts';
import { damagedCopy, readUntilDamage } from './damaged-segment.ts';
import { loadRecording, readWhole, recordings, tablesById } from './recorded-segment.ts';

describe.each(recordings)('the segment recorded as %s, damaged', (name) => {
  it('gives true records up to the damage and never a wrong one', async () => {
    const { content, fileName } = loadRecording(name);
    const { records, sections } = await readWhole(content, fileName);
    const truth = new Map(records.map((record) => [record.endPosition, record.body]));
    const used = sections.at(-1)!.next.fileOffset;
    const random = randomOf(7);
    let stopped = 0;
    for (let round = 0; round < 120; round++) {
      const read = await readUntilDamage(damagedCopy(content, used, random), fileName);
      const wrong = [...read].filter(([position, body]) => !truth.get(position)?.equals(body));
      expect(wrong).toEqual([]);
      if (read.size < truth.size) stopped++;
    }
    expect(stopped).toBeGreaterThan(100);
  });
});

describe('a record body that changed under a valid checksum', () => {
  it('decodes to something or is refused by one of the library’s errors, and never takes long', async () => {
    const { content, fileName, schema } = loadRecording('v50-compat4');
    const tables = tablesById(schema);
    const random = randomOf(11);
    const known = [CorruptMutationError, UnknownTableError, UnknownColumnError, UnsupportedMutationError];
    let refused = 0;
    let slowestMs = 0;
    for (const { body } of (await readWhole(content, fileName)).records) {
      const changed = Buffer.from(body);
      changed[random.int(changed.length)]! ^= 1 << random.int(8);
      const startedAt = performance.now();
      try {
        decodeMutation(changed, 7, (id) => tables.get(id));
      } catch (error) {
        if (!known.some((kind) => error instanceof kind)) throw error;
        refused++;
      }
      slowestMs = Math.max(slowestMs, performance.now() - startedAt);
    }
    expect(slowestMs).toBeLessThan(5_000);
    expect(refused).toBeGreaterThan(100);
  });
});
