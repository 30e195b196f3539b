import type { KeyspacesState } from '../keyspaces-state.ts';
import { type JsonOperation, operation } from './json-operation.ts';
import { pageOf } from './page-of.ts';
import { ofResource, page, tags } from './request-shapes.ts';
import { tagMap } from './requested-settings.ts';

export function tagOperations(state: KeyspacesState): Readonly<Record<string, JsonOperation>> {
  const tagged = ofResource.extend({ tags });
  return {
    TagResource: operation(tagged, 'TagResource', (input) => {
      state.tag(input.resourceArn, tagMap(input.tags));
      return {};
    }),
    UntagResource: operation(tagged, 'UntagResource', (input) => {
      state.untag(
        input.resourceArn,
        input.tags.map(({ key }) => key),
      );
      return {};
    }),
    ListTagsForResource: operation(ofResource.extend(page.shape), 'Select', ({ resourceArn, ...request }) => {
      const all = [...state.tagsOf(resourceArn)].map(([key, value]) => ({ key, value }));
      const { items, nextToken } = pageOf(all, ({ key }) => key, `tags ${resourceArn}`, request);
      return { tags: items, nextToken };
    }),
  };
}
