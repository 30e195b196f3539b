import { defaultProvider } from '@aws-sdk/credential-provider-node';
import { OperatorError } from '../../errors.ts';

export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Of temporary credentials. */
  readonly sessionToken?: string;
}

/** Asked for each connection and each request: answers with what will hold for some minutes yet. */
export type CredentialSource = () => Promise<AwsCredentials>;

/**
 * The chain of AWS's own tools: environment, profiles with SSO, roles and processes, containers, instances. Temporary
 * credentials are fetched anew five minutes before they expire. OperatorError if nothing in the chain has any.
 */
export function credentialChain(profile?: string): CredentialSource {
  const provider = defaultProvider(profile === undefined ? {} : { profile });
  return async () => {
    try {
      return await provider();
    } catch (error) {
      throw noCredentials(profile, error as Error);
    }
  };
}

function noCredentials(profile: string | undefined, cause: Error): OperatorError {
  return new OperatorError(
    {
      expected: `AWS credentials${profile === undefined ? '' : ` of profile ${profile}`} for Amazon Keyspaces`,
      found: cause.message,
      next: 'log in (`aws sso login`), set AWS_PROFILE or target.profile, or run where a role is attached; `aws sts get-caller-identity` shows who you are',
    },
    { cause },
  );
}
