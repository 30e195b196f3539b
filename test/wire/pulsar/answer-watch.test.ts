import { expect, test } from 'vitest';
import { AnswerWatch } from '../../../src/wire/pulsar/answer-watch.ts';

test('an entry has waited when it was next at two looks, not when another was', () => {
  const watch = new AnswerWatch();
  const seen = [undefined, undefined, 0, 1, 1, 2, undefined, 2, 2].map((next) => watch.hasWaited(next));
  expect(seen).toEqual([false, false, false, false, true, false, false, false, true]);
});

test('each time it has waited in vain it is given twice as long, at most 32 looks', () => {
  const watch = new AnswerWatch();
  const looks = Array.from({ length: 200 }, (_, look) => (watch.hasWaited(7) ? look : -1)).filter((look) => look >= 0);
  expect(looks).toEqual([1, 3, 7, 15, 31, 63, 95, 127, 159, 191]);
});

test('what was given to one entry does not count for the next', () => {
  const watch = new AnswerWatch();
  for (let look = 0; look < 10; look++) watch.hasWaited(7);
  expect([watch.hasWaited(8), watch.hasWaited(8)]).toEqual([false, true]);
});

test('on a new connection an entry has a whole interval again, and what it was given stays', () => {
  const watch = new AnswerWatch();
  watch.hasWaited(7);
  watch.reconnected();
  expect([watch.hasWaited(7), watch.hasWaited(7)]).toEqual([false, true]);
  watch.reconnected();
  expect([watch.hasWaited(7), watch.hasWaited(7), watch.hasWaited(7)]).toEqual([false, false, true]);
});
