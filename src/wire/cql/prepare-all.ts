import type { Prepared } from './cql-connection.ts';
import { notSent, type OpenConnection } from './open-connection.ts';
import { untilAborted } from './until-aborted.ts';

/** The prepared statements of `texts`, without a wait, if the connection has them all. */
export function readyAll(connection: OpenConnection, texts: readonly string[]): Prepared[] | undefined {
  const all: Prepared[] = [];
  for (const cql of texts) {
    const entry = connection.statements.ready(cql);
    if (!entry) return undefined;
    all.push(entry.prepared);
  }
  return all;
}

/** Prepares `texts`, each once. A connection that breaks meanwhile has sent nothing of what was to be executed. */
export async function prepareAll(
  connection: OpenConnection,
  texts: readonly string[],
  signal: AbortSignal | undefined,
): Promise<Prepared[]> {
  try {
    const entries = await untilAborted(Promise.all(texts.map((cql) => connection.statements.prepare(cql))), signal);
    return entries.map((entry) => entry.prepared);
  } catch (error) {
    throw notSent(error);
  }
}
