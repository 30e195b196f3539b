import { invalid, notFound } from './keyspaces-error.ts';
import type { Realm } from './realm.ts';
import type { TableRecord } from './records.ts';
import { resourceOf } from './resource-arn.ts';
import { type Tags, withoutTags, withTags } from './tags.ts';

export function tagsOf(realm: Realm, arn: string): Tags {
  return resource(realm, arn).tags;
}

export function tagResource(realm: Realm, arn: string, added: Tags): void {
  const { tags, put } = resource(realm, arn);
  put(withTags(tags, added, realm.parts.quotas.tagsPerResource));
}

export function untagResource(realm: Realm, arn: string, keys: readonly string[]): void {
  const { tags, put } = resource(realm, arn);
  put(withoutTags(tags, keys));
}

interface Tagged {
  readonly tags: Tags;
  readonly put: (tags: Tags) => void;
}

function resource(realm: Realm, arn: string): Tagged {
  const named = resourceOf(realm.parts.account, arn);
  if (!named) throw invalid(`${arn} is not the ARN of a keyspace, table or stream.`);
  const holding = realm.holding(named.keyspace);
  if (named.table === undefined) {
    const put = (tags: Tags) => {
      holding.keyspace = { ...holding.keyspace, tags };
    };
    return { tags: holding.keyspace.tags, put };
  }
  const table = realm.table(named.keyspace, named.table);
  if (named.stream !== undefined) return streamTags(realm, table, named.stream);
  return { tags: table.tags, put: (tags) => realm.putTable(table, { tags }) };
}

function streamTags(realm: Realm, table: TableRecord, label: string): Tagged {
  const { stream } = table;
  if (stream?.label !== label) throw notFound(`Stream ${label}`, table.arn);
  return { tags: stream.tags, put: (tags) => realm.putTable(table, { stream: { ...stream, tags } }) };
}
