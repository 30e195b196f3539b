import type { WrittenAgent } from './agent-shape.ts';

/** One node: where its log is, how it is reached, what may be asked of it. */
export interface AgentConfig {
  /** The node's address as the cluster names it. */
  readonly node: string;
  readonly commitLogDirectory: string;
  readonly cdcRawDirectory: string | undefined;
  readonly folder: string;
  /** Undefined: the node is this machine. */
  readonly ssh: SshConfig | undefined;
  /** As whom the agent runs; undefined: as who logs in. */
  readonly user: string | undefined;
  /** external: somebody else brings and starts the agent, with what `cdcmig pack` wrote. */
  readonly supervisor: 'process' | 'systemd' | 'external';
  /** Node for the node's platform, on this machine; undefined: the one that runs us. */
  readonly nodeBinary: string | undefined;
  readonly cassandraYaml: string | undefined;
  /** cassandra-env.sh of a node on which the DataStax agent is installed. */
  readonly cassandraEnv: string | undefined;
  /** Command lines on the node; what is asked of nodetool comes behind it. */
  readonly nodetool: readonly string[];
  readonly restart: readonly string[];
}

/** Secrets are references, read when a connection is opened. */
export interface SshLogin {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly key: string | undefined;
  readonly passphrase: string | undefined;
  readonly password: string | undefined;
  readonly agentSocket: string | undefined;
  readonly knownHosts: readonly string[];
}

export interface SshConfig extends SshLogin {
  /** Whether commands that need other rights than the login's go through `sudo -n`. */
  readonly sudo: boolean;
  readonly jump: SshLogin | undefined;
}

export function agentConfigOf(written: WrittenAgent, path: (text: string) => string): AgentConfig {
  const { ssh } = written;
  return {
    ...written,
    cdcRawDirectory: written.cdcRawDirectory,
    ssh: ssh && {
      ...loginOf({ ...ssh, host: ssh.host ?? written.node }, path),
      sudo: ssh.sudo,
      jump: ssh.jump && loginOf(ssh.jump, path),
    },
    user: written.user,
    nodeBinary: written.nodeBinary && path(written.nodeBinary),
    cassandraYaml: written.cassandraYaml,
    cassandraEnv: written.cassandraEnv,
  };
}

type WrittenLogin = Omit<NonNullable<WrittenAgent['ssh']>, 'host' | 'sudo' | 'jump'> & { readonly host: string };

function loginOf(written: WrittenLogin, path: (text: string) => string): SshLogin {
  const { host, port, user, key, passphrase, password, agentSocket } = written;
  return { host, port, user, key, passphrase, password, agentSocket, knownHosts: written.knownHosts.map(path) };
}
