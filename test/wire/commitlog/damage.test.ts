import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeMutation } from '../../../src/wire/commitlog/decode-mutation.ts';
import {
  CorruptMutationError,
  UnknownColumnError,
  UnknownTableError,
  UnsupportedMutationError,
} from '../../../src/wire/commitlog/errors.ts';
import type { Section } from '../../../src/wire/commitlog/follow-segment.ts';
import { markerLength } from '../../../src/wire/commitlog/marker-chain.ts';
import { recordsOf } from '../../../src/wire/commitlog/records.ts';
import { randomOf } from '../../model/simulation/random.ts';
import { anyDamage, type Damage, damaged } from '../pulsar/damage.ts';
import { damagedCopy, readFinished, readUntilDamage } from './damaged-segment.ts';
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

  it('is never read short in silence: all was written, and is there, unless the file ends at a marker', async () => {
    const { content, fileName } = loadRecording(name);
    const { records, sections } = await readWhole(content, fileName);
    const truth = new Set(records.map(({ body }) => body.toString('latin1')));
    const written = content.subarray(0, sections.at(-1)!.next.fileOffset);
    const anywhere = fc.tuple(anyDamage, fc.constant(undefined));
    const atLength = fc.tuple(anyDamage, fc.constantFrom(...lengthsIn(sections)));
    await fc.assert(
      fc.asyncProperty(fc.oneof(anywhere, atLength), async ([damage, place]) => {
        const at = place === undefined ? damage.at : (place + 0.5) / written.length;
        const { bytes } = damaged(written, { ...damage, at });
        const { bodies, end } = await readFinished(bytes, fileName);
        expect(bodies.filter((body) => !truth.has(body.toString('latin1')))).toEqual([]);
        // What ends at a marker, or in zeros where one was, ends so for the node too when it starts again.
        const isCut = bytes.length < written.length && (end === 'endOfFile' || end === 'headerNotYet');
        const mayEnd = isCut || (end === 'unwritten' && isZeros(damage));
        expect(end === 'damaged' || mayEnd || bodies.length === records.length).toBe(true);
      }),
      { numRuns: 300 },
    );
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

function isZeros(damage: Damage): boolean {
  return damage.kind === 'insert' && damage.bytes.every((byte) => byte === 0);
}

/** Where in the file its version and a length stand: of the header, of each section as it is stored, and of each record of a plain log. */
function lengthsIn(sections: readonly Section[]): readonly number[] {
  const ofSections = sections.flatMap((section) => {
    const start = section.place.fileOffset + markerLength;
    if (section.header.compressor !== undefined) return [start];
    return [...recordsOf(section)].map(
      ({ body, endPosition }) => start + endPosition - section.logicalStart - body.length - 12,
    );
  });
  return [0, 12, ...ofSections];
}
