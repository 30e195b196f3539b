import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { KeyspacesState } from './keyspaces-state.ts';
import { isUsable, type KeyspaceRecord, type TableRecord, type TypeRecord } from './state/records.ts';

interface SavedTable extends Pick<TableRecord, 'keyspace' | 'name' | 'schema' | 'settings'> {
  readonly tags: readonly (readonly [string, string])[];
}

interface SavedAccount {
  readonly keyspaces: readonly Pick<KeyspaceRecord, 'name' | 'replication'>[];
  readonly types: readonly Pick<TypeRecord, 'keyspace' | 'name' | 'fields'>[];
  readonly tables: readonly SavedTable[];
}

/** Writes what the account has into a file after every change; returns how to end that. */
export function saveAccount(state: KeyspacesState, file: string): () => void {
  return state.subscribe(() => {
    const temporary = `${file}.${process.pid}`;
    writeFileSync(temporary, `${JSON.stringify(savedOf(state), null, 2)}\n`);
    renameSync(temporary, file);
  });
}

/** Makes again what the file says, over the tables that the backing Cassandra still has; resolves when all of it can be used. */
export async function restoreAccount(state: KeyspacesState, file: string, signal: AbortSignal): Promise<void> {
  if (!existsSync(file)) return;
  const { keyspaces, types, tables } = JSON.parse(readFileSync(file, 'utf8')) as SavedAccount;
  await Promise.all(keyspaces.map((keyspace) => state.createKeyspace(keyspace)));
  await usable(() => state.keyspaces(), signal);
  // One after another: a type may be made of others, and the file has them in the order they were made in.
  for (const type of types) {
    await state.createType(type);
    await usable(() => keyspaces.flatMap(({ name }) => state.types(name)), signal);
  }
  for (const { tags, ...table } of tables) await state.createTable({ ...table, tags: new Map(tags) });
  await usable(() => keyspaces.flatMap(({ name }) => state.tables(name)), signal);
}

function savedOf(state: KeyspacesState): SavedAccount {
  const all = state.keyspaces().filter(isUsable);
  return {
    keyspaces: all.map(({ name, replication }) => ({ name, replication })),
    types: all
      .flatMap(({ name }) => state.types(name).filter(isUsable))
      .map(({ keyspace, name, fields }) => ({ keyspace, name, fields })),
    tables: all
      .flatMap(({ name }) => state.tables(name).filter(isUsable))
      .map(({ keyspace, name, schema, settings, tags }) => ({ keyspace, name, schema, settings, tags: [...tags] })),
  };
}

async function usable(records: () => readonly Parameters<typeof isUsable>[0][], signal: AbortSignal): Promise<void> {
  while (!records().every(isUsable)) await sleep(20, undefined, { signal });
}
