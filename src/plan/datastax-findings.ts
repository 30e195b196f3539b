import { basename } from 'node:path';
import { archiveName, oldestRelease, recordedRelease } from '../config/archive-version.ts';
import type { Config } from '../config/config.ts';
import type { Finding } from '../model/finding.ts';
import { type Column, keyColumns, type Table } from '../model/table.ts';

export interface NodeVersion {
  readonly address: string;
  readonly releaseVersion?: string;
}

/** What the DataStax agent cannot do, before anything relies on it. Nothing with our own agents. */
export function datastaxFindings(
  tables: readonly Table[],
  nodes: readonly NodeVersion[],
  { feed, datastax }: Config,
): readonly Finding[] {
  if (feed !== 'datastax') return [];
  return [
    ...releaseFindings('datastax.agent.localJar', datastax.agent?.localJar),
    ...releaseFindings('datastax.connector.localArchive', datastax.connector?.localArchive),
    ...nodes.flatMap((node) => versionFindings(node, datastax.vouchedFor)),
    ...tables.filter(({ isCounter }) => !isCounter).flatMap(tableFindings),
  ];
}

const check = 'DataStax feed';
const leaveOut = ({ name }: Table) => `leave ${name} out of source.tables, or move it with feed: cdcmig`;

/** It links against classes of 4.0 that 4.1 no longer has: there the node does not start with it. */
function versionFindings({ address, releaseVersion }: NodeVersion, vouchedFor: readonly string[]): readonly Finding[] {
  const line = releaseVersion?.split('.').slice(0, 2).join('.');
  if (line === undefined || ['4.0', ...vouchedFor].includes(line)) return [];
  return [
    {
      severity: 'fault',
      check,
      expected: `Cassandra 4.0 on node ${address}: with another the DataStax agent keeps the node from starting`,
      found: releaseVersion!,
      next: `use feed: cdcmig; or name ${line} in datastax.vouchedFor, if you have an agent that is made for it`,
    },
  ];
}

/** The rules refuse what is too old; the name is all that there is to go by, as the jar's manifest has no version. */
function releaseFindings(key: string, file: string | undefined): readonly Finding[] {
  const version = file === undefined ? undefined : archiveName(file)?.version;
  if (file === undefined || version === recordedRelease) return [];
  return [
    {
      severity: 'warning',
      check,
      expected: `release ${recordedRelease}, which was recorded, in ${key}`,
      found: version === undefined ? `no version in the name ${basename(file)}` : `${version}, by its name`,
      next: `take ${recordedRelease}, unless you know that one (${oldestRelease} at least)`,
    },
  ];
}

function tableFindings(table: Table): readonly Finding[] {
  const keys = keyColumns(table);
  return [
    ...keys.filter(({ type }) => !publishedTypes.has(type.name)).map((column) => skipped(table, column)),
    ...keys.filter(({ name }) => !/^[a-z_][a-z0-9_]*$/.test(name)).map((column) => looping(table, column)),
    ...keys.filter(({ type }) => type.name === 'time').map((column) => truncated(table, column)),
    ...unseen(table),
    ...costly(table),
  ];
}

const publishedTypes = new Set(
  'ascii bigint blob boolean date decimal double float inet int smallint text time timestamp timeuuid tinyint uuid varint'.split(
    ' ',
  ),
);

function skipped(table: Table, { name }: Column): Finding {
  return {
    severity: 'fault',
    check,
    expected: 'key columns of native types',
    found: `${table.name}.${name} is none: the agent passes over every change of ${table.name}`,
    next: leaveOut(table),
  };
}

function looping(table: Table, { name }: Column): Finding {
  return {
    severity: 'fault',
    check,
    expected: 'names of key columns in lower-case letters, digits and underscores',
    found: `${table.name}.${name}: the agent fails on it and sends the whole segment again and again, other tables' changes with it`,
    next: `${leaveOut(table)}; the option cdc of ${table.name} must stay off`,
  };
}

function truncated(table: Table, { name }: Column): Finding {
  return {
    severity: 'fault',
    check,
    expected: 'no key columns of type time',
    found: `${table.name}.${name}: the agent cuts its nanoseconds off, which makes it the key of another row`,
    next: leaveOut(table),
  };
}

/** Of rows that have neighbours in their partition. */
function unseen(table: Table): readonly Finding[] {
  if (table.clustering.length === 0) return [];
  return [
    {
      severity: 'warning',
      check,
      expected: 'no deletes of ranges',
      found: `${table.name} has clustering columns, and the agent tells of no range delete: what one takes stays on the target until a repair`,
      next: `run \`cdcmig validate --repair\` before the cutover if ${table.name} sees such deletes; the cutover does not pass without it`,
    },
  ];
}

function costly(table: Table): readonly Finding[] {
  if (![...table.columns.values()].some(({ kind }) => kind === 'static')) return [];
  return [
    {
      severity: 'warning',
      check,
      expected: 'no static columns',
      found: `${table.name} has some, and an event of theirs looks like that of a partition delete: each has the whole partition read again`,
      next: `nothing, unless partitions of ${table.name} are large and their statics change often`,
    },
  ];
}
