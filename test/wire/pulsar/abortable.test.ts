import { expect, test } from 'vitest';
import { abortable } from '../../../src/wire/pulsar/abortable.ts';

test('the signal ends the waiting, before it and during it', async () => {
  const never = new Promise<void>(() => {});
  await expect(abortable(never, AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
  await expect(abortable(never, AbortSignal.timeout(10))).rejects.toMatchObject({ name: 'TimeoutError' });
});

test('what fails after the waiting was ended is nobody’s unhandled error', async () => {
  const unhandled: unknown[] = [];
  const onUnhandled = (error: unknown) => unhandled.push(error);
  process.on('unhandledRejection', onUnhandled);
  const failing = Promise.reject(new Error('later'));
  await expect(abortable(failing, AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
  await new Promise((resolve) => setTimeout(resolve, 20));
  process.off('unhandledRejection', onUnhandled);
  expect(unhandled).toEqual([]);
});
