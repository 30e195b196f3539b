import { expect, test } from 'vitest';
import { workAhead } from '../../src/validation/work-ahead.ts';

async function* numbers(count: number): AsyncGenerator<number> {
  for (let number = 0; number < count; number++) yield number;
}

test('results come in the order of the items, whatever ends first', async () => {
  const work = async (item: number) => {
    for (let turn = item % 7; turn >= 0; turn--) await null;
    return item;
  };
  const taken: number[] = [];
  for await (const result of workAhead(numbers(50), 8, work)) taken.push(result);
  expect(taken).toEqual([...Array(50).keys()]);
});

test('no more is begun than may wait, however long nobody takes it', async () => {
  let begun = 0;
  const results = workAhead(numbers(100), 5, async () => ++begun);

  await results.next();
  await new Promise(setImmediate);
  expect(begun).toBe(5);
  await results.next();
  await new Promise(setImmediate);
  expect(begun).toBe(6);
  await results.return(undefined);
  expect(begun).toBe(6);
});

test('a failure is thrown in its turn, when what runs has ended', async () => {
  let running = 0;
  const work = async (item: number) => {
    running++;
    await new Promise(setImmediate);
    running--;
    if (item === 2) throw new Error('no answer');
    return item;
  };
  const taken: number[] = [];
  const take = async () => {
    for await (const result of workAhead(numbers(20), 4, work)) taken.push(result);
  };
  await expect(take()).rejects.toThrow('no answer');
  expect([taken, running]).toEqual([[0, 1], 0]);
});

test('items that end with a failure end the work, and nothing is left unheard', async () => {
  const broken = async function* (): AsyncGenerator<number> {
    yield 1;
    throw new Error('no more keys');
  };
  const results = workAhead(broken(), 4, async () => {
    throw new Error('no answer');
  });
  await expect(results.next()).rejects.toThrow('no more keys');
});
