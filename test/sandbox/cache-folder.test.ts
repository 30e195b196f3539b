import { homedir } from 'node:os';
import { expect, test } from 'vitest';
import { cacheFolder } from '../../src/sandbox/cache-folder.ts';

test.each([
  [{ CDCMIG_CACHE: '/c', XDG_CACHE_HOME: '/x' }, '/c'],
  [{ XDG_CACHE_HOME: '/x' }, '/x/cdcmig'],
  [{ XDG_CACHE_HOME: 'relative' }, `${homedir()}/.cache/cdcmig`],
  [{}, `${homedir()}/.cache/cdcmig`],
])('with %o downloads are kept in %s', (env, folder) => {
  expect(cacheFolder(env)).toBe(folder);
});
