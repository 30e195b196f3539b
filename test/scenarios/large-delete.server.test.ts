import { expect, inject, test } from 'vitest';
import { proveLargeDelete } from './large-delete/prove-large-delete.ts';

// Raise for the figures of a million.
const rows = Number(process.env.CDCMIG_ROWS ?? 20_000);

test(`the delete of a partition of ${rows} rows holds up no other change, and takes no memory by its size`, {
  timeout: 60_000 + 2 * rows,
}, async () => {
  const found = await proveLargeDelete(inject('sandbox'), rows);
  if (process.env.CDCMIG_ROWS) process.stdout.write(`${JSON.stringify(found)}\n`);
  expect(found.memoryMebibytes).toBeLessThan(400);
  // Most were confirmed while it was under way.
  expect(found.medianMs).toBeLessThan(found.seconds * 1000);
});
