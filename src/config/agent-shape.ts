import { z } from 'zod';
import { reference, text } from './written-value.ts';

/** A path on the node; relative ones would be relative to a login's folder. */
const nodePath = text.regex(/^\//, 'must be absolute');
const commandLine = z.array(text).min(1);

const login = {
  port: z.int().min(1).max(65_535).default(22),
  user: text,
  key: reference.optional(),
  passphrase: reference.optional(),
  password: reference.optional(),
  /** Of an authentication agent on this machine. */
  agentSocket: reference.optional(),
  /** Files as ssh's own, on this machine. */
  knownHosts: z.array(text).min(1),
};

const agentParts = {
  commitLogDirectory: text,
  cdcRawDirectory: text.optional(),
  /** The agent's folder, on the filesystem of the commit log. */
  folder: text,
  /** Absent: the node is this machine. */
  ssh: z
    .strictObject({
      host: text.optional(),
      ...login,
      sudo: z.boolean().default(false),
      jump: z.strictObject({ host: text, ...login }).optional(),
    })
    .optional(),
  /** The node's own user, as whom the agent runs. */
  user: text.optional(),
  supervisor: z.enum(['process', 'systemd', 'external']).default('process'),
  /** On this machine, for the node's platform. */
  nodeBinary: text.optional(),
  cassandraYaml: nodePath.optional(),
  /** Where the DataStax agent is installed: the script that Cassandra's start reads. */
  cassandraEnv: nodePath.optional(),
  nodetool: commandLine.default(['nodetool']),
  restart: commandLine.default(['systemctl', 'restart', 'cassandra']),
};

/** One entry of capture.agents. */
export const agentShape = z.strictObject({
  /** The node's address as the cluster names it. */
  node: text,
  ...agentParts,
});

/** The file that capture.inventory names: what all nodes have in common is said once. */
export const inventoryShape = z.strictObject({
  defaults: z.record(z.string(), z.unknown()).default({}),
  agents: z.array(z.looseObject({ node: text })).min(1),
});

export type WrittenAgent = z.infer<typeof agentShape>;
