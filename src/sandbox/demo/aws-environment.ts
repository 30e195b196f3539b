import type { StandInFacts } from '../keyspaces/stand-in-facts.ts';

/** Our environment, with the stand-in's keys in place of whatever AWS credentials are in it: a rehearsal must never use those. */
export function awsEnvironment(
  standIn: Pick<StandInFacts, 'awsCredentialsFile'> | undefined,
  own: NodeJS.ProcessEnv = process.env,
): NodeJS.ProcessEnv {
  if (!standIn) return own;
  const others = Object.entries(own).filter(([name]) => !name.startsWith('AWS_'));
  return {
    ...Object.fromEntries(others),
    AWS_SHARED_CREDENTIALS_FILE: standIn.awsCredentialsFile,
    AWS_CONFIG_FILE: '/dev/null',
    AWS_EC2_METADATA_DISABLED: 'true',
  };
}
