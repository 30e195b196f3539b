import { test } from 'vitest';
import { expectEncryptedRefused } from './encrypted-log.ts';

test('an encrypted log is refused with a sentence, by the check and by an agent', async () => {
  await expectEncryptedRefused('5.0');
});
