import { expect, test } from 'vitest';
import { Attachment } from '../../../src/wire/pulsar/attachment.ts';
import type { Connection } from '../../../src/wire/pulsar/connection.ts';
import { PulsarError, type PulsarErrorCode } from '../../../src/wire/pulsar/pulsar-error.ts';

test.each(['ConsumerBusy', 'ConsumerAssignError'] as const)('%s at the first attempt is told at once', async (code) => {
  const { attachment, attempts } = anAttachment(code);
  await expect(attachment.start()).rejects.toMatchObject({ code });
  expect(attempts()).toBe(1);
});

test.each(['ConsumerBusy', 'ConsumerAssignError'] as const)(
  '%s after an attempt without an answer may be that attempt: it is asked again',
  async (code) => {
    const { attachment, attempts } = anAttachment('Timeout', code, code);
    await attachment.start();
    expect(attempts()).toBe(4);
    expect(attachment.connection).not.toBeNull();
  },
);

test('whoever else is there stays there: after six attempts that is told', async () => {
  const { attachment, attempts } = anAttachment('Timeout', ...Array<PulsarErrorCode>(9).fill('ConsumerBusy'));
  await expect(attachment.start()).rejects.toMatchObject({ code: 'ConsumerBusy' });
  expect(attempts()).toBe(6);
});

/** Its first attempts fail as told. */
function anAttachment(...failures: readonly PulsarErrorCode[]) {
  let attempts = 0;
  const attachment = new Attachment({
    lookup: async () => ({}) as Connection,
    attach: async () => {
      const code = failures[attempts++];
      if (code !== undefined) throw new PulsarError(code, 'as told');
    },
    onConnection() {},
    onFault() {},
  });
  return { attachment, attempts: () => attempts };
}
