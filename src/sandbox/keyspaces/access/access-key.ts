/** What IAM can allow in Keyspaces; the stand-in's keys name what they may. */
const actions = [
  ...(['Select', 'Modify', 'Create', 'Alter', 'Drop', 'Restore', 'TagResource', 'UntagResource'] as const),
  ...(['GetStream', 'ListStreams', 'GetShardIterator', 'GetRecords'] as const),
] as const;
export type Action = (typeof actions)[number];

/** A key pair that the stand-in knows. */
export interface AccessKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Of temporary credentials: must come with every signature. */
  readonly sessionToken?: string;
  /** Absent: everything. */
  readonly may?: readonly Action[];
}

/** Why a signature was not accepted, and whose it was where it was. */
export type Verdict =
  | { readonly isValid: true; readonly key: AccessKey }
  | { readonly isValid: false; readonly failure: SignatureFailure; readonly message: string };

/** The names that AWS's services give to these in their JSON protocols. */
type SignatureFailure =
  | 'MissingAuthenticationTokenException'
  | 'IncompleteSignatureException'
  | 'UnrecognizedClientException'
  | 'InvalidSignatureException';

export function refused(failure: SignatureFailure, message: string): Verdict {
  return { isValid: false, failure, message };
}

export function isAllowed({ may }: AccessKey, action: Action): boolean {
  return may === undefined || may.includes(action);
}
