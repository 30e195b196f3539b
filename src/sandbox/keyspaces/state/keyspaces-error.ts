/** The exceptions of Keyspaces' control plane; the CQL side says the same with codes of its own. */
export type Refusal =
  | 'ValidationException'
  | 'ResourceNotFoundException'
  | 'ConflictException'
  | 'ServiceQuotaExceededException'
  | 'AccessDeniedException'
  | 'InternalServerException';

/** What Keyspaces refuses to do. */
export class KeyspacesError extends Error {
  override readonly name = 'KeyspacesError';
  readonly refusal: Refusal;
  /** Of what was not found. */
  readonly resourceArn: string | undefined;

  constructor(refusal: Refusal, message: string, options: { resourceArn?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.refusal = refusal;
    this.resourceArn = options.resourceArn;
  }
}

export function invalid(message: string, cause?: unknown): KeyspacesError {
  return new KeyspacesError('ValidationException', message, { cause });
}

export function conflict(message: string): KeyspacesError {
  return new KeyspacesError('ConflictException', message);
}

export function overQuota(message: string): KeyspacesError {
  return new KeyspacesError('ServiceQuotaExceededException', message);
}

export function notFound(what: string, resourceArn: string): KeyspacesError {
  return new KeyspacesError('ResourceNotFoundException', `${what} was not found.`, { resourceArn });
}
