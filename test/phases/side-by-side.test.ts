import { once } from 'node:events';
import { expect, test } from 'vitest';
import { sideBySide } from '../../src/phases/side-by-side.ts';

const never = new AbortController().signal;

async function untilAborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
}

test('all that run side by side have ended when it resolves', async () => {
  const ended: string[] = [];
  const task = (name: string) => async () => {
    await new Promise((resolve) => setImmediate(resolve));
    ended.push(name);
  };
  await sideBySide(never, task('one'), task('two'));
  expect(ended).toEqual(['one', 'two']);
});

test('the first failure stops the others, and is thrown once they have ended', async () => {
  let hasEnded = false;
  const other = async (signal: AbortSignal) => {
    await untilAborted(signal);
    await new Promise((resolve) => setImmediate(resolve));
    hasEnded = true;
    throw new Error('of the clean-up');
  };
  await expect(sideBySide(never, other, () => Promise.reject(new Error('first')))).rejects.toThrow('first');
  expect(hasEnded).toBe(true);
});

test('an interrupt reaches every task; those that end quietly end it quietly', async () => {
  const interrupt = new AbortController();
  const running = sideBySide(interrupt.signal, untilAborted, untilAborted);
  interrupt.abort();
  await expect(running).resolves.toBeUndefined();
});
