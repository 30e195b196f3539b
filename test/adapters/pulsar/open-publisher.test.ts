import { expect, test } from 'vitest';
import { openPublisher, type PublisherParts } from '../../../src/adapters/pulsar/open-publisher.ts';
import { MessageTooBigError, OperatorError } from '../../../src/errors.ts';
import { TooBigError } from '../../../src/wire/pulsar/too-big-error.ts';

const payload = Buffer.from('a record near the limit, with what a parked one has beside it');

test('what no broker takes is for the operator to mend, who is told by which setting, and is given back', async () => {
  const publisher = await openPublisher(parts);
  const refusal = await publisher.publish({ payload }).catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(OperatorError);
  expect(refusal).toBeInstanceOf(MessageTooBigError);
  expect(refusal).toMatchObject({
    refused: { properties: {}, payload },
    faults: [{ expected: 'to publish on parked', found: expect.stringContaining('61 bytes; the broker takes 60') }],
  });
  expect((refusal as Error).message).toContain('raise maxMessageSize');
});

const producer = {
  send: async () => {
    throw new TooBigError({ payload }, '61 bytes; the broker takes 60');
  },
};
const parts = { client: { producer: async () => producer }, topic: 'parked' } as unknown as PublisherParts;
