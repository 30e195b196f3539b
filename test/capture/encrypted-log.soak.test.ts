import { test } from 'vitest';
import { expectEncryptedRefused } from './encrypted-log.ts';

test.each(['4.0', '4.1'] as const)(
  'an encrypted log of Cassandra %s is refused with a sentence, by the check and by an agent',
  async (line) => {
    await expectEncryptedRefused(line);
  },
);
