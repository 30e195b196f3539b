import { vi } from 'vitest';
import { aUser } from '../../sandbox/keyspaces/a-stand-in.ts';

/** Whoever looks for AWS credentials finds these keys from now on, until `vi.unstubAllEnvs`. */
export function withKeysOf({
  accessKeyId,
  secretAccessKey,
}: Pick<typeof aUser, 'accessKeyId' | 'secretAccessKey'> = aUser): void {
  vi.stubEnv('AWS_ACCESS_KEY_ID', accessKeyId);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', secretAccessKey);
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
}
