import { describe, expect, test } from 'vitest';
import { OperatorError } from '../../../src/errors.ts';
import { RuleBook, RuleRefusal } from '../../../src/sandbox/keyspaces/rule-book.ts';
import { keyspacesRules } from '../../../src/sandbox/keyspaces/rules.ts';

const strict = { mode: 'strict', off: [], on: [] } as const;

describe('the data of the rules', () => {
  test('numbers them from 1 to 35 without a gap, with no name twice', () => {
    expect(keyspacesRules.map((rule) => rule.number)).toEqual(Array.from({ length: 36 }, (_, index) => index + 1));
    expect(new Set(keyspacesRules.map((rule) => rule.id)).size).toBe(36);
  });

  test('claims of none that it was held against AWS', () => {
    expect(keyspacesRules.filter((rule) => rule.verifiedOnAws)).toEqual([]);
  });
});

describe('a book of rules', () => {
  test('refuses with the name of the rule, its text filled and its code', () => {
    const refuse = () => new RuleBook(strict).refuse('write-consistency', ['QUORUM']);
    expect(refuse).toThrow(RuleRefusal);
    expect(refuse).toThrow(
      expect.objectContaining({
        rule: 'write-consistency',
        code: 0x2200,
        message: expect.stringContaining('level QUORUM is'),
      }),
    );
  });

  test('counts what clients were refused, by rule', () => {
    const book = new RuleBook(strict);
    for (const id of ['row-size', 'row-size', 'ttl-disabled'] as const) book.count(id);
    expect([...book.refusals]).toEqual([
      ['row-size', 2],
      ['ttl-disabled', 1],
    ]);
  });

  test('lets pass what is switched off by name', () => {
    const book = new RuleBook({ ...strict, off: ['row-size'] });
    expect(() => book.refuse('row-size')).not.toThrow();
    expect(book.holds('row-size')).toBe(false);
  });

  test('lets pass in lenient mode what is known on little evidence', () => {
    const lenient = new RuleBook({ ...strict, mode: 'lenient' });
    expect(() => lenient.refuse('select-grammar', ['DISTINCT'])).not.toThrow();
    expect(() => new RuleBook(strict).refuse('select-grammar', ['DISTINCT'])).toThrow('DISTINCT is not supported.');
  });

  test('holds optional rules only when they are asked for', () => {
    expect(new RuleBook(strict).holds('equal-timestamps')).toBe(false);
    expect(new RuleBook({ ...strict, on: ['equal-timestamps'] }).holds('equal-timestamps')).toBe(true);
  });

  test('keeps on what the stand-in cannot do without, and says so', () => {
    const off = ['row-size', 'system-tables', 'authentication'];
    expect(() => new RuleBook({ ...strict, off })).toThrow('authentication, system-tables');
  });

  test("knows its names: any other is the operator's to mend", () => {
    expect(() => new RuleBook({ ...strict, off: ['row-sise'] })).toThrow(OperatorError);
  });
});
