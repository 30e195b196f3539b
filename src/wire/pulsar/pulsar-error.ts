/** The protocol's ServerError by number. */
const serverErrorNames = [
  'UnknownError',
  'MetadataError',
  'PersistenceError',
  'AuthenticationError',
  'AuthorizationError',
  'ConsumerBusy',
  'ServiceNotReady',
  'ProducerBlockedQuotaExceededError',
  'ProducerBlockedQuotaExceededException',
  'ChecksumError',
  'UnsupportedVersionError',
  'TopicNotFound',
  'SubscriptionNotFound',
  'ConsumerNotFound',
  'TooManyRequests',
  'TopicTerminatedError',
  'ProducerBusy',
  'InvalidTopicName',
  'IncompatibleSchema',
  'ConsumerAssignError',
  'TransactionCoordinatorNotFound',
  'InvalidTxnStatus',
  'NotAllowedError',
  'TransactionConflict',
  'TransactionNotFound',
  'ProducerFenced',
] as const;

/** What this client itself finds. `Undecodable`: a message it cannot read, which is never acknowledged. */
type ClientErrorName =
  | 'Disconnected'
  | 'Timeout'
  | 'Closed'
  | 'Protocol'
  | 'Undecodable'
  | 'MessageTooBig'
  | 'TlsError';

export type PulsarErrorCode = (typeof serverErrorNames)[number] | ClientErrorName;

const transientCodes: ReadonlySet<PulsarErrorCode> = new Set<PulsarErrorCode>([
  'UnknownError',
  'MetadataError',
  'PersistenceError',
  'ServiceNotReady',
  'TooManyRequests',
  'ProducerBlockedQuotaExceededError',
  'ProducerBlockedQuotaExceededException',
  // The broker may not have noticed yet that our own earlier connection is dead.
  'ProducerBusy',
  'ConsumerBusy',
  'ConsumerAssignError',
  'Disconnected',
  'Timeout',
]);

/** An answer of the broker or a fault of the connection; `isTransient` when the same request may succeed later. */
export class PulsarError extends Error {
  override readonly name = 'PulsarError';
  readonly code: PulsarErrorCode;
  readonly isTransient: boolean;

  constructor(code: PulsarErrorCode, message: string, options?: ErrorOptions) {
    super(`${code}: ${message}`, options);
    this.code = code;
    this.isTransient = transientCodes.has(code);
  }
}

export function serverError(number: number | undefined, message: string | undefined): PulsarError {
  return new PulsarError(serverErrorNames[number ?? 0] ?? 'UnknownError', message || 'the broker gives no reason');
}
