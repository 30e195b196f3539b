import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Puts a program named sudo first in the path. It understands `sudo -n -u user -- command…` as sudo does: it refuses in
 * sudo's words, or runs the command, without another user's rights but with that user's name in $AS.
 */
export function aStandInForSudo(folder: string, verdict: 'refuses' | 'lets'): Readonly<Record<string, string>> {
  const file = join(folder, 'sudo');
  const answer =
    verdict === 'refuses' ? "echo 'sudo: a password is required' >&2; exit 1" : 'AS=$3; export AS; shift 4; exec "$@"';
  writeFileSync(file, `#!/bin/sh\n[ "$1 $2 $4" = '-n -u --' ] || exit 2\n${answer}\n`);
  chmodSync(file, 0o755);
  return { PATH: `${folder}:${process.env.PATH}` };
}
