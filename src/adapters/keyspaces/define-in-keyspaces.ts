import { OperatorError, type Sentence } from '../../errors.ts';
import type { DefinedTable, DefinedType, TargetDefinition } from '../../model/target-definition.ts';
import { compareTable, plainType } from './compare-table.ts';
import type { ControlPlane, FoundType } from './control-plane.ts';
import { createTableInput } from './create-table-input.ts';
import { waitUntilActive } from './wait-until-active.ts';

export interface DefineParts {
  readonly controlPlane: ControlPlane;
  readonly keyspace: string;
  /** Told while something is being created. */
  readonly onWait: (reason: string) => void;
  readonly signal: AbortSignal | undefined;
}

/** Of the 50 definitions that an account may have under way in a Region some are left to others. */
const tablesAtOnce = 40;

/**
 * Creates what is not there and waits until all can be used. First everything that is there is compared: if any of it
 * differs, one OperatorError lists every difference and nothing was changed. May be repeated.
 */
export async function defineInKeyspaces(parts: DefineParts, definitions: readonly TargetDefinition[]): Promise<void> {
  await throwOnDifferences(parts, definitions);
  for (const definition of definitions.filter(({ kind }) => kind !== 'table')) {
    await create(parts, definition);
    await waitFor(parts, definition);
  }
  const tables = definitions.filter(({ kind }) => kind === 'table');
  for (let at = 0; at < tables.length; at += tablesAtOnce) {
    const some = tables.slice(at, at + tablesAtOnce);
    for (const table of some) await create(parts, table);
    for (const table of some) await waitFor(parts, table);
  }
  // Who else created one of them meanwhile may have meant something else.
  await throwOnDifferences(parts, definitions);
}

async function throwOnDifferences(parts: DefineParts, definitions: readonly TargetDefinition[]): Promise<void> {
  const differences: Sentence[] = [];
  for (const definition of definitions) differences.push(...(await differencesOf(parts, definition)));
  if (differences.length > 0) throw new OperatorError(differences);
}

async function differencesOf(parts: DefineParts, definition: TargetDefinition): Promise<readonly Sentence[]> {
  const { controlPlane, keyspace, signal } = parts;
  if (definition.kind === 'keyspace' || (await controlPlane.keyspace(keyspace, signal)) === undefined) return [];
  if (definition.kind === 'type') {
    const found = await controlPlane.type(keyspace, definition.name, signal);
    return found ? compareType(keyspace, definition, found) : [];
  }
  const found = await settled(parts, definition);
  return found ? compareTable(keyspace, definition, found) : [];
}

/** The table when nothing is being changed on it: settings under way do not show yet. */
async function settled(parts: DefineParts, { name }: DefinedTable) {
  const { controlPlane, keyspace, signal } = parts;
  const found = await controlPlane.table(keyspace, name, signal);
  if (found === undefined || found.status === 'ACTIVE') return found;
  await waitUntilActive(parts, `table ${keyspace}.${name}`, async () => {
    return (await controlPlane.table(keyspace, name, signal))?.status;
  });
  return controlPlane.table(keyspace, name, signal);
}

function compareType(keyspace: string, wanted: DefinedType, { fields }: FoundType): readonly Sentence[] {
  const text = (list: DefinedType['fields']) => list.map(({ name, type }) => `${name} ${plainType(type)}`).join(', ');
  if (text(wanted.fields) === text(fields)) return [];
  return [
    {
      expected: `type ${keyspace}.${wanted.name} with fields ${text(wanted.fields)}`,
      found: text(fields),
      next: 'drop it if nothing uses it, and cdcmig creates it; types cannot be altered',
    },
  ];
}

async function create({ controlPlane, keyspace, signal }: DefineParts, definition: TargetDefinition): Promise<void> {
  if (definition.kind === 'keyspace') {
    const isThere = (await controlPlane.keyspace(definition.name, signal)) !== undefined;
    if (!isThere) await controlPlane.createKeyspace(definition, signal);
  } else if (definition.kind === 'type') {
    const isThere = (await controlPlane.type(keyspace, definition.name, signal)) !== undefined;
    if (!isThere) await controlPlane.createType(keyspace, definition.name, definition.fields, signal);
  } else {
    const isThere = (await controlPlane.table(keyspace, definition.name, signal)) !== undefined;
    if (!isThere) await controlPlane.createTable(createTableInput(keyspace, definition), signal);
  }
}

function waitFor(parts: DefineParts, { kind, name }: TargetDefinition): Promise<void> {
  const { controlPlane, keyspace, signal } = parts;
  const status = {
    keyspace: async () => controlPlane.keyspace(name, signal),
    type: async () => (await controlPlane.type(keyspace, name, signal))?.status,
    table: async () => (await controlPlane.table(keyspace, name, signal))?.status,
  }[kind];
  return waitUntilActive(parts, kind === 'keyspace' ? `keyspace ${name}` : `${kind} ${keyspace}.${name}`, status);
}
