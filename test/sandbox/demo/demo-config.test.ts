import { expect, test } from 'vitest';
import { parseConfig } from '../../../src/config/read-config.ts';
import { demoConfig } from '../../../src/sandbox/demo/demo-config.ts';
import { demoFolder } from '../../../src/sandbox/demo/demo-folder.ts';
import { aSandbox } from '../../support/a-sandbox.ts';

const standIn = {
  endpoint: '127.0.0.1:24000',
  controlPlaneUrl: 'https://127.0.0.1:24001',
  metricsUrl: 'http://127.0.0.1:24002',
  region: 'eu-west-1',
  caFile: '/demo/sandbox/keyspaces/ca.pem',
  userName: 'rehearsal',
  password: 'secret',
  awsCredentialsFile: '/demo/sandbox/keyspaces/aws-credentials',
};

const configOf = (before: typeof standIn | undefined) => demoConfig(aSandbox(), before, demoFolder('/demo'));

test('the target is the stand-in as an operator would name Keyspaces, with on-demand tables and no secret in the file', () => {
  const text = configOf(standIn);
  expect(parseConfig(text, '/demo/cdcmig.yaml').target).toMatchObject({
    kind: 'keyspaces',
    region: 'eu-west-1',
    endpoint: { host: '127.0.0.1', port: 24_000 },
    controlPlaneUrl: standIn.controlPlaneUrl,
    tlsCaFile: standIn.caFile,
    username: undefined,
    settings: { capacity: { mode: 'on-demand' } },
  });
  expect(text).not.toContain(standIn.password);
});

test('without a stand-in the target is the Cassandra itself', () => {
  const { target } = aSandbox();
  expect(parseConfig(configOf(undefined), '/demo/cdcmig.yaml').target).toMatchObject({
    kind: 'cassandra',
    contactPoints: [{ host: target.address, port: target.cqlPort }],
  });
});

test('with the DataStax feed there are no agents of ours, and the stand-in is vouched for', () => {
  const config = parseConfig(demoConfig(aSandbox(), undefined, demoFolder('/demo'), 'datastax'), '/demo/cdcmig.yaml');
  expect(config).toMatchObject({ feed: 'datastax', capture: { mode: 'cdc', agents: [] } });
  expect(config.datastax.vouchedFor).toEqual([aSandbox().cassandra]);
});
