import { readFileSync } from 'node:fs';
import { localShell } from '../src/adapters/local-shell/local-shell.ts';
import { type SshConnection, sshConnection } from '../src/adapters/ssh/ssh-connection.ts';
import type { Become, SshEndpoint } from '../src/adapters/ssh/ssh-endpoint.ts';
import { sshShell } from '../src/adapters/ssh/ssh-shell.ts';
import { processSupervisor } from '../src/adapters/supervisors/process-supervisor.ts';
import { systemdSupervisor } from '../src/adapters/supervisors/systemd-supervisor.ts';
import type { AgentConfig, SshConfig, SshLogin } from '../src/config/agent-config.ts';
import { resolveReference } from '../src/config/read-config.ts';
import type { NodeHands } from '../src/deploy/node-agent.ts';
import { OperatorError } from '../src/errors.ts';
import type { NodeShell } from '../src/ports/node-shell.ts';

export interface OpenHands {
  of(address: string): NodeHands;
  close(): Promise<void>;
}

type Shells = Pick<NodeHands, 'shell' | 'admin'>;

/** Shells that are put around those of each node: such as show what would be done, for instance. */
export type WrapShells = (shells: Shells) => Shells;

/** Hands on every node that has an agent; connections are made when they are first needed. */
export function openHands(agents: readonly AgentConfig[], wrap: WrapShells = (shells) => shells): OpenHands {
  const opened = new Map<string, NodeHands & { close(): Promise<void> }>();
  return {
    of(address) {
      const hands =
        opened.get(address) ??
        handsOn(
          agents.find(({ node }) => node === address),
          address,
          wrap,
        );
      opened.set(address, hands);
      return hands;
    },
    async close() {
      for (const { close } of opened.values()) await close();
    },
  };
}

function handsOn(agent: AgentConfig | undefined, address: string, wrap: WrapShells) {
  if (!agent) throw noAgent(address);
  const shells = agent.ssh ? remoteShells(agent, agent.ssh) : localShells();
  const { shell, admin } = wrap(shells);
  const supervisor = agent.supervisor === 'systemd' ? systemdSupervisor(admin) : processSupervisor(shell);
  return { shell, admin, supervisor, close: shells.shell.close };
}

function localShells() {
  const shell = localShell();
  return { shell, admin: shell };
}

function remoteShells({ user }: AgentConfig, ssh: SshConfig): { shell: NodeShell; admin: NodeShell } {
  const connection: SshConnection = sshConnection({ ...endpointOf(ssh), jump: ssh.jump && endpointOf(ssh.jump) });
  const become = (name: string | undefined): Become =>
    ssh.sudo && name !== undefined && name !== ssh.user ? { method: 'sudo', user: name } : { method: 'none' };
  return {
    shell: sshShell(connection, { become: become(user) }),
    admin: sshShell(connection, { become: become('root') }),
  };
}

function endpointOf({ host, port, user, key, passphrase, password, agentSocket, knownHosts }: SshLogin): SshEndpoint {
  return {
    host,
    port,
    user,
    knownHosts: knownHosts.map(readKnownHosts).join('\n'),
    // Keys end with a line break, which a reference leaves out.
    privateKey: key === undefined ? undefined : () => `${resolveReference(key)}\n`,
    passphrase: secret(passphrase),
    password: secret(password),
    agentSocket: resolveReference(agentSocket),
  };
}

function secret(reference: string | undefined): (() => string) | undefined {
  return reference === undefined ? undefined : () => resolveReference(reference)!;
}

function readKnownHosts(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const next = 'write the host keys of the nodes into it (ssh-keyscan, compared with the machines)';
    throw new OperatorError(
      { expected: `a known_hosts file ${file}`, found: (error as Error).message, next },
      { cause: error },
    );
  }
}

function noAgent(address: string): OperatorError {
  const next = 'add it to capture.agents and run deploy-agent again';
  return new OperatorError({ expected: `an agent for node ${address}`, found: 'none in capture.agents', next });
}
