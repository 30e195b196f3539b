import { createHmac } from 'node:crypto';

/** `unknown`: nothing is known of that host. `other`: keys of it are known, and this is none of them. */
export type HostVerdict = 'known' | 'unknown' | 'other' | 'revoked';

interface HostName {
  readonly host: string;
  readonly port: number;
}

interface KnownKey {
  readonly marker: string | undefined;
  readonly patterns: string;
  readonly type: string;
  /** Base64 of the key as it travels. */
  readonly key: string;
}

/** What known_hosts text says of a host's key, given as it travels (RFC 4253, section 6.6). */
export function judgeHostKey(knownHosts: string, name: HostName, key: Buffer): HostVerdict {
  const lines = linesOf(knownHosts, name);
  const same = lines.filter((line) => line.key === key.toString('base64'));
  if (same.some(({ marker }) => marker === '@revoked')) return 'revoked';
  if (same.some(({ marker }) => marker === undefined)) return 'known';
  return lines.some(({ marker }) => marker === undefined) ? 'other' : 'unknown';
}

/** The types of keys that are known of a host: what it is asked for, so that it does not answer with another of its keys. */
export function knownKeyTypes(knownHosts: string, name: HostName): readonly string[] {
  const types = linesOf(knownHosts, name).filter(({ marker }) => marker === undefined);
  return [...new Set(types.map(({ type }) => type))];
}

/** Authorities (`@cert-authority`) are not followed: their hosts count as unknown. */
function linesOf(knownHosts: string, name: HostName): readonly KnownKey[] {
  return knownHosts
    .split('\n')
    .map(parseLine)
    .filter((line): line is KnownKey => line !== undefined && isNamedBy(line.patterns, name));
}

function parseLine(line: string): KnownKey | undefined {
  if (line.trim() === '' || line.trimStart().startsWith('#')) return undefined;
  const fields = line.trim().split(/\s+/);
  const marker = fields[0]!.startsWith('@') ? fields.shift() : undefined;
  const [patterns, type, key] = fields;
  if (patterns === undefined || type === undefined || key === undefined) return undefined;
  return { marker, patterns, type, key };
}

function isNamedBy(patterns: string, { host, port }: HostName): boolean {
  const name = (port === 22 ? host : `[${host}]:${port}`).toLowerCase();
  if (patterns.startsWith('|1|')) return isHashOf(patterns, name);
  const list = patterns.toLowerCase().split(',');
  if (list.some((pattern) => pattern.startsWith('!') && matches(pattern.slice(1), name))) return false;
  return list.some((pattern) => matches(pattern, name));
}

/** As `ssh-keygen -H` writes them: `|1|salt|HMAC-SHA1 of the name`. */
function isHashOf(hashed: string, name: string): boolean {
  const [, , salt = '', hash = ''] = hashed.split('|');
  return createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest('base64') === hash;
}

function matches(pattern: string, name: string): boolean {
  const source = pattern
    .replace(/[\\^$.+()[\]{}|]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`).test(name);
}
