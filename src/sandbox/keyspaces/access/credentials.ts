import type { AccessKey } from './access-key.ts';

/** Who may log in to a stand-in: one IAM user with both kinds of credentials. */
export interface StandInUser extends AccessKey {
  /** As IAM knows the user. */
  readonly iamName: string;
  /** Service-specific credentials. */
  readonly userName: string;
  readonly password: string;
}
