import { optional, repeated, required, table } from './proto-table.ts';

/** Parts of PulsarApi.proto that several commands and the metadata of messages hold. */

export const keyValue = table({ key: required(1, 'text'), value: required(2, 'text') });

const entryId = { ledgerId: required(1, 'int'), entryId: required(2, 'int') } as const;

export const messageIdData = table({
  ...entryId,
  partition: optional(3, 'int'),
  batchIndex: optional(4, 'int'),
  /** Bit 1: still wanted. */
  ackSet: repeated(5, 'bits'),
  batchSize: optional(6, 'int'),
  firstChunk: optional(7, table(entryId)),
});

export const schemaData = table({
  name: required(1, 'text'),
  data: required(3, 'bytes'),
  type: required(4, 'int'),
  properties: repeated(5, keyValue),
});
