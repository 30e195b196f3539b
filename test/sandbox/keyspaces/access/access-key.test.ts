import { expect, test } from 'vitest';
import { isAllowed } from '../../../../src/sandbox/keyspaces/access/access-key.ts';

const key = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' };

test('a key may do everything unless it says what', () => {
  expect(isAllowed(key, 'Drop')).toBe(true);
  expect(isAllowed({ ...key, may: ['Select'] }, 'Select')).toBe(true);
  expect(isAllowed({ ...key, may: ['Select'] }, 'Drop')).toBe(false);
});
