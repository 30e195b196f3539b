import { expect, test } from 'vitest';
import { demoCommand } from '../../commands/demo.ts';

const option = (name: string) => demoCommand().options.find(({ long }) => long === name)!;
const lostAnswers = (text: string): unknown => option('--lost-answers').parseArg!(text, undefined);

test('the demo goes through the stand-in, which loses one answer in a hundred, unless told otherwise', () => {
  expect(option('--target').defaultValue).toBe('keyspaces');
  expect(option('--lost-answers').defaultValue).toBe(0.01);
});

test.each([
  ['1%', 0.01],
  ['0.5 %', 0.005],
  ['2', 0.02],
  ['0', 0],
])('%s of the answers are lost', (text, share) => {
  expect(lostAnswers(text)).toBeCloseTo(share, 10);
});

test.each(['-1', '51%', 'all', ''])('"%s" is no share of answers to lose', (text) => {
  expect(() => lostAnswers(text)).toThrow('a percentage from 0 to 50');
});
