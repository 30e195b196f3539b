import { invalid } from './keyspaces-error.ts';
import type { Realm } from './realm.ts';
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

function resource(realm: Realm, arn: string): { readonly tags: Tags; readonly put: (tags: Tags) => void } {
  const named = resourceOf(realm.parts.account, arn);
  if (!named) throw invalid(`${arn} is not the ARN of a keyspace or table.`);
  const holding = realm.holding(named.keyspace);
  if (named.table === undefined) {
    const put = (tags: Tags) => {
      holding.keyspace = { ...holding.keyspace, tags };
    };
    return { tags: holding.keyspace.tags, put };
  }
  const table = realm.table(named.keyspace, named.table);
  return { tags: table.tags, put: (tags) => realm.putTable(table, { tags }) };
}
