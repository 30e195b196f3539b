/** How one machine is reached. Secrets are read when a connection is opened, and not kept. */
export interface SshEndpoint {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** The text of known_hosts files: whose key is not in it, or another one, is not spoken to. */
  readonly knownHosts: string;
  readonly privateKey?: (() => string) | undefined;
  readonly passphrase?: (() => string) | undefined;
  readonly password?: (() => string) | undefined;
  /** The socket of an authentication agent. */
  readonly agentSocket?: string | undefined;
  /** The machine through which this one is reached. */
  readonly jump?: SshEndpoint | undefined;
}

/** Whose rights commands run with: the user's who logs in, or, by `sudo -n`, another's. */
export type Become = { readonly method: 'none' } | { readonly method: 'sudo'; readonly user: string };

export function endpointText({ user, host, port }: SshEndpoint): string {
  return `${user}@${host}${port === 22 ? '' : `:${port}`}`;
}
