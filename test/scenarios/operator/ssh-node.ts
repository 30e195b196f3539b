import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SandboxNode } from '../../../src/sandbox/sandbox-state.ts';
import { startSshServer } from '../../adapters/ssh/an-ssh-server.ts';

const operator = fileURLToPath(new URL('.', import.meta.url));

export interface SshNode {
  /** What an agent's entry says of how it is reached, and of its nodetool and its restart. */
  readonly entry: { readonly ssh: object; readonly nodetool: readonly string[]; readonly restart: readonly string[] };
  restarts(): number;
  /** The next command with this text is run, and the connection cut before its end is told. */
  cutNext(text: string): void;
  close(): Promise<void>;
}

/** A node of the sandbox in `dir`, reached over SSH as one elsewhere is. */
export async function sshNode(dir: string, node: SandboxNode): Promise<SshNode> {
  let cut: string | undefined;
  const server = await startSshServer({
    cutAt: (_, command) => {
      if (cut === undefined || !command.includes(cut)) return undefined;
      cut = undefined;
      return 'before its end is told';
    },
  });
  const { host, port, user, knownHosts, privateKey } = server.endpoint;
  const [known, key] = ['known_hosts', 'key'].map((file) => join(dir, `${node.name}.${file}`));
  writeFileSync(known!, knownHosts);
  writeFileSync(key!, privateKey!());
  const script = (name: string) => [process.execPath, join(operator, name), dir, node.name];
  return {
    entry: {
      ssh: { host, port, user, key: `file:${key}`, knownHosts: [known] },
      nodetool: script('sandbox-nodetool.ts'),
      restart: script('restart-sandbox-node.ts'),
    },
    restarts: () => server.commands.filter((command) => command.includes('restart-sandbox-node.ts')).length,
    cutNext: (text) => {
      cut = text;
    },
    close: server.close,
  };
}
