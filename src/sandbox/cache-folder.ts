import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/** Where downloads are kept between sandboxes: `CDCMIG_CACHE`, else the user's cache folder. */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  if (env.CDCMIG_CACHE) return resolve(env.CDCMIG_CACHE);
  // The XDG rules call a relative XDG_CACHE_HOME invalid: it would mean another folder in every working folder.
  const userCache = env.XDG_CACHE_HOME?.startsWith('/') ? env.XDG_CACHE_HOME : join(homedir(), '.cache');
  return join(userCache, 'cdcmig');
}
