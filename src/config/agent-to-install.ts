import { basename, join } from 'node:path';
import type { Config } from './config.ts';

/** The DataStax agent's jar that deploy-agent brings to every node. */
export interface AgentToInstall {
  /** On this machine. */
  readonly localJar: string;
  readonly sha256: string;
}

/** Undefined where somebody else installs the DataStax agents, and with our own. */
export function agentToInstall({ feed, datastax }: Pick<Config, 'feed' | 'datastax'>): AgentToInstall | undefined {
  const { localJar, sha256 } = datastax.agent ?? {};
  if (feed !== 'datastax' || localJar === undefined) return undefined;
  // datastax-rules.ts refuses a jar without its digest.
  return { localJar, sha256: sha256 ?? '' };
}

/** In the node's own folder, so that nodes of one machine share none. */
export function jarOnNode({ localJar }: AgentToInstall, { folder }: { readonly folder: string }): string {
  return join(folder, basename(localJar));
}
