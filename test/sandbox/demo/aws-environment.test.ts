import { expect, test } from 'vitest';
import { awsEnvironment } from '../../../src/sandbox/demo/aws-environment.ts';

const standIn = { awsCredentialsFile: '/demo/aws-credentials' };

test("the keys are the stand-in's, and none of the operator's own can be used", () => {
  const own = {
    PATH: '/bin',
    AWS_ACCESS_KEY_ID: 'AKIDOWN',
    AWS_SECRET_ACCESS_KEY: 'secret',
    AWS_PROFILE: 'production',
    AWS_CONFIG_FILE: '/home/me/.aws/config',
  };
  expect(awsEnvironment(standIn, own)).toEqual({
    PATH: '/bin',
    AWS_SHARED_CREDENTIALS_FILE: '/demo/aws-credentials',
    AWS_CONFIG_FILE: '/dev/null',
    AWS_EC2_METADATA_DISABLED: 'true',
  });
});

test('without a stand-in nothing is changed', () => {
  const own = { AWS_PROFILE: 'production' };
  expect(awsEnvironment(undefined, own)).toBe(own);
});
