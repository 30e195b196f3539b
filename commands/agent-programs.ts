import { createHash } from 'node:crypto';
import { createReadStream, realpathSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { extname, join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { bundleProgram } from '../src/adapters/agent-bundle/bundle-program.ts';
import type { AgentConfig } from '../src/config/agent-config.ts';
import type { Config } from '../src/config/config.ts';
import type { ProgramOnNode } from '../src/phases/phase-context.ts';
import type { Upload } from '../src/ports/node-shell.ts';

export interface AgentPrograms {
  of(address: string): Promise<ProgramOnNode>;
  close(): Promise<void>;
}

/** How this program is started again. */
export function thisProgram(): readonly [string, string] {
  return [process.execPath, resolve(process.argv[1]!)];
}

/** What each node's agent is run by: this program on this machine, else a folder that needs nothing of the node's. */
export function agentPrograms({ capture, pulsar }: Config): AgentPrograms {
  let bundled: Promise<Upload> | undefined;
  let folder: string | undefined;
  const digests = new Map<string, Promise<string>>();
  const digest = (file: string) => {
    const known = digests.get(file) ?? digestOf(file);
    digests.set(file, known);
    return known;
  };
  const bundle = async () => {
    folder = await mkdtemp(join(tmpdir(), 'cdcmig-agent-'));
    const { text, sha256 } = await bundleProgram(agentEntry);
    await writeFile(join(folder, 'agent.mjs'), text);
    return { from: join(folder, 'agent.mjs'), to: '', sha256, mode: '644' };
  };
  return {
    async of(address) {
      const agent = capture.agents.find(({ node }) => node === address);
      if (!agent?.ssh && agent?.supervisor !== 'external') return { command: thisProgram(), files: [] };
      const [node, script] = [join(agent.folder, 'bin', 'node'), join(agent.folder, 'bin', 'agent.mjs')];
      bundled ??= bundle();
      const binary = nodeBinaryFor(agent);
      const authority = pulsar.tlsCaFile && { from: pulsar.tlsCaFile, to: join(agent.folder, 'pulsar-ca.pem') };
      return {
        command: [node, script],
        files: [
          { from: binary, to: node, sha256: await digest(binary), mode: '755' },
          { ...(await bundled), to: script },
          ...(authority ? [{ ...authority, sha256: await digest(authority.from), mode: '644' }] : []),
        ],
      };
    },
    async close() {
      if (folder !== undefined) await rm(folder, { recursive: true });
    },
  };
}

/** Beside this file, and compiled as it is. */
const agentEntry = fileURLToPath(new URL(`../bin/cdcmig-agent${extname(import.meta.url)}`, import.meta.url));

function nodeBinaryFor({ nodeBinary }: AgentConfig): string {
  return nodeBinary ?? realpathSync(process.execPath);
}

async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}
