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
  /** What the API's answer says besides: the ARN of what was not found, a code. */
  readonly members: Readonly<Record<string, string>>;

  constructor(
    refusal: Refusal,
    message: string,
    options: { members?: Readonly<Record<string, string>>; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.refusal = refusal;
    this.members = options.members ?? {};
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
  return new KeyspacesError('ResourceNotFoundException', `${what} was not found.`, { members: { resourceArn } });
}
