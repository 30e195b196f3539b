import { invalid } from './keyspaces-error.ts';
import { throwOnFull } from './quotas.ts';

export type Tags = ReadonlyMap<string, string>;

/** The tags with these added or replaced; throws KeyspacesError for what AWS takes no tag for. */
export function withTags(tags: Tags, added: Tags, limit: number): Tags {
  for (const [key, value] of added) {
    if (key.length < 1 || key.length > 128 || value.length > 256) throw invalid(`Tag ${key} is too long or empty.`);
    if (key.toLowerCase().startsWith('aws:')) throw invalid('Tags that begin with aws: are reserved.');
  }
  const all = new Map([...tags, ...added]);
  throwOnFull(all.size - 1, limit, 'tags on one resource');
  return all;
}

export function withoutTags(tags: Tags, removed: readonly string[]): Tags {
  return new Map([...tags].filter(([key]) => !removed.includes(key)));
}
