import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StandInUser } from './access/credentials.ts';
import { makeCertificates } from './certificates.ts';

/** What a stand-in keeps between its starts, so that clients that were pointed at it once still reach it. */
export interface StandInFolder {
  /** PEM file of the authority that clients are to trust. */
  readonly caFile: string;
  readonly certificate: { readonly pem: string; readonly keyPem: string };
  readonly user: StandInUser;
  /** A file that AWS's clients read: `AWS_SHARED_CREDENTIALS_FILE`. */
  readonly awsCredentialsFile: string;
  readonly accountFile: string;
}

/** Opens the folder, and makes what is not there yet: certificates for these hosts, and one user's credentials. */
export function openStandInFolder(dir: string, hosts: readonly string[], accountId: string): StandInFolder {
  mkdirSync(dir, { recursive: true });
  const caFile = join(dir, 'ca.pem');
  const certificateFile = join(dir, `server-${hosts.length}.json`);
  if (!existsSync(caFile) || !existsSync(certificateFile)) writeCertificates(caFile, certificateFile, hosts);
  const userFile = join(dir, 'user.json');
  if (!existsSync(userFile)) writeSecret(userFile, `${JSON.stringify(newUser(accountId), null, 2)}\n`);
  const user = JSON.parse(readFileSync(userFile, 'utf8')) as StandInUser;
  const awsCredentialsFile = join(dir, 'aws-credentials');
  writeSecret(awsCredentialsFile, awsCredentials(user));
  const certificate = JSON.parse(readFileSync(certificateFile, 'utf8')) as StandInFolder['certificate'];
  return { caFile, certificate, user, awsCredentialsFile, accountFile: join(dir, 'account.json') };
}

function writeCertificates(caFile: string, certificateFile: string, hosts: readonly string[]): void {
  const { authority, server } = makeCertificates(hosts, new Date());
  writeFileSync(caFile, authority.pem);
  writeSecret(certificateFile, JSON.stringify({ pem: server.pem, keyPem: server.keyPem }));
}

function newUser(accountId: string): StandInUser {
  return {
    iamName: 'rehearsal',
    userName: `rehearsal-at-${accountId}`,
    password: randomBytes(24).toString('base64'),
    accessKeyId: `AKIA${randomBytes(8).toString('hex').toUpperCase()}`,
    secretAccessKey: randomBytes(30).toString('base64'),
  };
}

function awsCredentials({ accessKeyId, secretAccessKey }: StandInUser): string {
  return `[default]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\n`;
}

function writeSecret(file: string, text: string): void {
  writeFileSync(file, text, { mode: 0o600 });
}
