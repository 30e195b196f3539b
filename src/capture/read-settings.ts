import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { OperatorError } from '../errors.ts';
import type { AgentSettings } from '../model/agent-settings.ts';

/** Reads agent.json. Throws OperatorError with every fault found in it. */
export async function readSettings(path: string): Promise<AgentSettings> {
  const next = 'run deploy-agent again, which writes the file';
  const text = await readFile(path, 'utf8').catch((cause: Error) => {
    throw new OperatorError({ expected: `an agent's settings in ${path}`, found: cause.message, next }, { cause });
  });
  const parsed = shape.safeParse(parseJson(text));
  // The optional parts of the shape are absent, never undefined, since JSON has no undefined.
  if (parsed.success) return parsed.data as AgentSettings;
  throw new OperatorError(
    parsed.error.issues.map(({ path: at, message }) => ({
      expected: `${path} to be valid`,
      found: `${at.join('.')}: ${message}`,
      next,
    })),
  );
}

const text = z.string().min(1);
const tableId = z.string().regex(/^[0-9a-f]{32}$/, 'must be 32 lower-case hex digits');

const shape = z.strictObject({
  node: text,
  mode: z.enum(['commitlog', 'cdc']),
  commitLogDirectory: text,
  /** Empty in commitlog mode, which does not look there. */
  cdcRawDirectory: z.string(),
  folder: text,
  folderCapBytes: z.int().min(1),
  cdcTotalBytes: z.int().min(0),
  cdcBlocksWrites: z.boolean(),
  interlock: z.strictObject({
    atCritical: z.enum(['wait', 'release']),
    warnAt: z.number().positive().max(1),
    criticalAt: z.number().positive().max(1),
  }),
  changesPartitions: z.int().min(1),
  wantedTableIds: z.array(tableId),
  keyspaceTableIds: z.array(tableId),
  counterTableIds: z.array(tableId),
  canaryTableId: tableId,
  visibilityDelayMs: z.int().min(0),
  pulsar: z.strictObject({
    serviceUrl: text,
    adminUrl: text,
    tenant: text,
    namespace: text,
    token: text.optional(),
    tlsCaFile: text.optional(),
    tlsCertFile: text.optional(),
    tlsKeyFile: text.optional(),
    oauth2: z
      .strictObject({ issuerUrl: text, keyFile: text, audience: text.optional(), scope: text.optional() })
      .optional(),
  }),
});

/** Undefined, which no shape takes, for what is no JSON. */
function parseJson(content: string): unknown {
  try {
    return JSON.parse(content);
  } catch {
    return undefined;
  }
}
