import { OperatorError } from '../../errors.ts';
import type { HostVerdict } from './known-hosts.ts';
import { type Become, endpointText, type SshEndpoint } from './ssh-endpoint.ts';

type Refusal = Exclude<HostVerdict, 'known'>;

export function hostKeyFault(endpoint: SshEndpoint, refusal: Refusal, fingerprint: string): OperatorError {
  const name = endpointText(endpoint);
  const faults = {
    unknown: {
      expected: `the host key of ${name} among the known hosts`,
      found: `a key that nobody vouches for: ${fingerprint}`,
      next: 'compare it with the key of that machine (ssh-keygen -lf on it), then add it to the known_hosts file',
    },
    other: {
      expected: `the host key of ${name} that is known`,
      found: `another one: ${fingerprint}`,
      next: 'find out whether the machine was set up anew or somebody stands between; then mend the known_hosts file',
    },
    revoked: {
      expected: `a host key of ${name} that is still good`,
      found: `one that the known_hosts file revokes: ${fingerprint}`,
      next: 'give that machine another key',
    },
  };
  return new OperatorError(faults[refusal]);
}

/** What kept us from connecting; `level` is how ssh2 says where it failed. */
export function connectFault(endpoint: SshEndpoint, cause: Error & { readonly level?: string }): OperatorError {
  const name = endpointText(endpoint);
  if (cause.level === 'client-authentication') return loginFault(endpoint, cause);
  if (/^Cannot parse privateKey|^Encrypted|passphrase/i.test(cause.message)) return keyFault(endpoint, cause);
  if (cause.message.includes('no matching host key format'))
    return new OperatorError(
      {
        expected: `a host key of ${name} that is known`,
        found: 'it has none of the types that the known_hosts file has of it',
        next: 'add the key that it has to the known_hosts file, after comparing it with the machine',
      },
      { cause },
    );
  const next = 'look at address and port, and whether an SSH server listens there';
  return new OperatorError({ expected: `to reach ${name} by SSH`, found: cause.message, next }, { cause });
}

function loginFault(endpoint: SshEndpoint, cause: Error): OperatorError {
  const { privateKey, agentSocket, password } = endpoint;
  const ways = [privateKey && 'the key', agentSocket && 'the agent’s keys', password && 'the password'].filter(Boolean);
  return new OperatorError(
    {
      expected: `${endpointText(endpoint)} to let us in`,
      found: ways.length > 0 ? `it refuses ${ways.join(' and ')}` : 'no key, agent or password to show',
      next: 'name the right key, agent or password for that node, or let it in there (authorized_keys)',
    },
    { cause },
  );
}

/** A key that cannot be read never comes to the server. */
function keyFault(endpoint: SshEndpoint, cause: Error): OperatorError {
  return new OperatorError(
    {
      expected: `a private key for ${endpointText(endpoint)}`,
      found: cause.message,
      next: 'name a key in OpenSSH or PEM format, and its passphrase if it has one',
    },
    { cause },
  );
}

export function brokenConnection(endpoint: SshEndpoint, doing: string): OperatorError {
  return new OperatorError({
    expected: `${doing} on ${endpointText(endpoint)}`,
    found: 'the connection broke before it had ended',
    next: 'repeat the command: it looks at what is there and goes on',
  });
}

export function becomeFault(endpoint: SshEndpoint, become: Become, stderr: string): OperatorError {
  const user = become.method === 'sudo' ? become.user : '';
  return new OperatorError({
    expected: `${endpointText(endpoint)} to become ${user} by sudo without a password`,
    found: stderr.trim().split('\n')[0] || 'sudo refuses',
    next: `allow it there: ${endpoint.user} ALL=(${user}) NOPASSWD: ALL; or log in as ${user} and do without sudo`,
  });
}
