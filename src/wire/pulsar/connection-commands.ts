import { optional, required, table } from './proto-table.ts';
import { schemaData } from './shared-tables.ts';

/** What a client and a broker say to each other before and beside producers and consumers. */

const featureFlags = table({
  supportsAuthRefresh: optional(1, 'bool'),
  supportsBrokerEntryMetadata: optional(2, 'bool'),
  supportsPartialProducer: optional(3, 'bool'),
  supportsPartitionedMetadataWithoutAutoCreation: optional(5, 'bool'),
});

export const connect = table({
  clientVersion: required(1, 'text'),
  authData: optional(3, 'bytes'),
  protocolVersion: optional(4, 'int'),
  authMethodName: optional(5, 'text'),
  proxyToBrokerUrl: optional(6, 'text'),
  featureFlags: optional(10, featureFlags),
});

export const connected = table({
  serverVersion: required(1, 'text'),
  protocolVersion: optional(2, 'int'),
  maxMessageSize: optional(3, 'int'),
});

const authData = table({ authMethodName: optional(1, 'text'), authData: optional(2, 'bytes') });
export const authChallenge = table({ serverVersion: optional(1, 'text'), challenge: optional(2, authData) });
export const authResponse = table({
  clientVersion: optional(1, 'text'),
  response: optional(2, authData),
  protocolVersion: optional(3, 'int'),
});

export const lookup = table({
  topic: required(1, 'text'),
  requestId: required(2, 'int'),
  isAuthoritative: optional(3, 'bool'),
});
export const lookupResponse = table({
  brokerUrl: optional(1, 'text'),
  brokerUrlTls: optional(2, 'text'),
  /** 0: ask the broker that is named; 1: it serves the topic; 2: refused. */
  response: optional(3, 'int'),
  requestId: required(4, 'int'),
  isAuthoritative: optional(5, 'bool'),
  error: optional(6, 'int'),
  message: optional(7, 'text'),
  isThroughProxy: optional(8, 'bool'),
});

export const partitionedMetadata = table({
  topic: required(1, 'text'),
  requestId: required(2, 'int'),
  allowsAutoCreation: optional(6, 'bool'),
});
export const partitionedMetadataResponse = table({
  partitions: optional(1, 'int'),
  requestId: required(2, 'int'),
  response: optional(3, 'int'),
  error: optional(4, 'int'),
  message: optional(5, 'text'),
});

const schemaQuestion = { requestId: required(1, 'int'), topic: required(2, 'text') } as const;
const schemaAnswer = {
  requestId: required(1, 'int'),
  error: optional(2, 'int'),
  message: optional(3, 'text'),
} as const;

export const getSchema = table({ ...schemaQuestion, version: optional(3, 'bytes') });
export const getSchemaResponse = table({
  ...schemaAnswer,
  schema: optional(4, schemaData),
  version: optional(5, 'bytes'),
});
export const getOrCreateSchema = table({ ...schemaQuestion, schema: required(3, schemaData) });
export const getOrCreateSchemaResponse = table({ ...schemaAnswer, version: optional(4, 'bytes') });

export const success = table({ requestId: required(1, 'int') });
export const error = table({ requestId: required(1, 'int'), error: required(2, 'int'), message: required(3, 'text') });
export const nothing = table({});
