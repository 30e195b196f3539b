import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ChangedKeys } from '../../src/validation/changed-keys.ts';

const key = fc.uint8Array({ maxLength: 3 }).map(Buffer.from);
const hex = (keys: readonly Buffer[]) => keys.map((each) => each.toString('hex')).sort();

test('all keys that were added are known, each once, or none', () => {
  fc.assert(
    fc.property(fc.array(key, { maxLength: 30 }), fc.integer({ min: 1, max: 20 }), (added, most) => {
      const changed = new ChangedKeys(most);
      for (const each of added) changed.add(each);

      const distinct = [...new Set(hex(added))];
      const known = changed.all();
      expect(known && hex(known)).toEqual(distinct.length > most ? undefined : distinct);
    }),
  );
});

test('long keys are fewer', () => {
  const changed = new ChangedKeys();
  for (let n = 0; n < 70; n++) changed.add(Buffer.alloc(60_000, n));
  expect(changed.all()).toBeUndefined();
});
