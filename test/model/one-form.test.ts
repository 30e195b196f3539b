import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareValues } from '../../src/model/compare-values.ts';
import { type CqlType, parseCqlType } from '../../src/model/cql-type.ts';
import { oneForm } from '../../src/model/one-form.ts';
import { int } from '../support/a-table.ts';

const [decimal, varint, text] = ['decimal', 'varint', 'text'].map((name) => parseCqlType(name, () => undefined));

describe('the one form of a clustering value', () => {
  test.each<readonly [string, CqlType | undefined, readonly string[], string]>([
    ['decimals of one number', decimal, ['00000001 0a', '00000002 64', '00000000 01', '00000002 0064'], '00000000 01'],
    ['negative ones', decimal, ['00000001 f6', '00000001 fff6'], '00000000 ff'],
    ['hundreds', decimal, ['00000000 64', 'fffffffe 01', '00000001 03e8'], 'fffffffe 01'],
    ['zeros', decimal, ['00000000 00', '00000009 00', 'ffffffff 0000'], '00000000 00'],
    ['the least scale', decimal, ['80000000 0a'], '80000000 0a'],
    ['numbers with sign bytes', varint, ['01', '0001', '000001'], '01'],
    ['negative numbers with sign bytes', varint, ['80', 'ff80'], '80'],
    ['what has no other form', text, ['0001'], '0001'],
    ['empty values', decimal, [''], ''],
  ])('of %s', (_, type, encodings, form) => {
    for (const encoding of encodings) expect(oneForm(hex(encoding), type!).toString('hex')).toBe(form.replace(' ', ''));
  });

  /** Few numbers, each with zeros and sign bytes at either end, so that two of them are often one value. */
  const spelt = fc.record({ number: fc.bigInt(-12n, 12n), zeros: fc.nat(3), signBytes: fc.nat(2) });

  test('two decimals have the same one exactly if Cassandra takes them for one value', () => {
    const anyDecimal = fc
      .tuple(spelt, fc.integer({ min: -2, max: 2 }))
      .map(([{ number, zeros, signBytes }, scale]) =>
        Buffer.concat([int(scale + zeros), bytesOf(number * 10n ** BigInt(zeros), 2 + signBytes)]),
      );
    fc.assert(
      fc.property(anyDecimal, anyDecimal, (a, b) => {
        const areOne = oneForm(a, decimal!).equals(oneForm(b, decimal!));
        expect(areOne).toBe(compareValues(a, b, decimal!) === 0);
        expect(compareValues(oneForm(a, decimal!), a, decimal!)).toBe(0);
      }),
      { numRuns: 500 },
    );
  });

  test('two varints have the same one exactly if they are one number', () => {
    const anyVarint = spelt.map(({ number, signBytes }) => bytesOf(number, 1 + signBytes));
    fc.assert(
      fc.property(anyVarint, anyVarint, (a, b) => {
        const areOne = oneForm(a, varint!).equals(oneForm(b, varint!));
        expect(areOne).toBe(compareValues(a, b, varint!) === 0);
      }),
      { numRuns: 500 },
    );
  });
});

function hex(text: string): Buffer {
  return Buffer.from(text.replace(' ', ''), 'hex');
}

/** Two's complement of that many bytes. */
function bytesOf(number: bigint, length: number): Buffer {
  return Buffer.from(
    BigInt.asUintN(length * 8, number)
      .toString(16)
      .padStart(length * 2, '0'),
    'hex',
  );
}
