import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { OperatorError } from '../../errors.ts';
import type { CommandLine, EndedCommand, RunOptions, Upload } from '../../ports/node-shell.ts';
import { otherDigest } from '../local-shell/local-files.ts';

/** How a command is run with the rights that were asked for. */
export interface RemoteHands {
  /** For messages. */
  readonly name: string;
  run(command: CommandLine, options?: RunOptions): Promise<EndedCommand>;
}

/** What no program that the scripts call ends with: there is no such file. */
const absent = 44;

/**
 * When a connection breaks, the script's stdin ends as if the file had: so it compares the digest before it gives the
 * file its name. The old file's owner and mode are kept, where it may.
 */
const writeScript = `
path=$1 digest=$2 mode=$3
new=$path.$$.new
trap 'rm -f "$new"' EXIT
trap 'exit 1' HUP INT TERM
if [ -e "$path" ]; then
  [ -n "$mode" ] || mode=$(stat -c %a "$path") || exit
  cp -p "$path" "$new" && chmod u+w "$new" || exit
fi
cat >"$new" || exit
set -- $(sha256sum <"$new")
[ "$1" = "$digest" ] || { echo "$path arrived incomplete" >&2; exit 1; }
[ -z "$mode" ] || chmod "$mode" "$new" || exit
sync "$new" 2>/dev/null || :
mv -f "$new" "$path"`;

const readScript = `[ -e "$1" ] || exit ${absent}; exec cat "$1"`;

const digestScript = `[ -e "$1" ] || exit ${absent}; exec sha256sum <"$1"`;

const copyScript = `
new=$2.$$.new
trap 'rm -f "$new"' EXIT
trap 'exit 1' HUP INT TERM
cp -p "$1" "$new" && mv -f "$new" "$2"`;

export function remoteFiles(hands: RemoteHands) {
  const act = (doing: string, script: string, parameters: readonly string[], options: RunOptions) =>
    onNode(hands, doing, ['sh', '-c', script, 'sh', ...parameters], options);
  const digestOf = async (path: string, signal?: AbortSignal) => {
    const text = await act(`to read ${path}`, digestScript, [path], { signal });
    return text?.slice(0, 64);
  };
  const write = async (path: string, content: Buffer, mode: string, signal?: AbortSignal) => {
    await act(`to write ${path}`, writeScript, [path, sha256(content), mode], { input: content, signal });
  };
  return {
    async makeFolder(path: string, signal?: AbortSignal) {
      await onNode(hands, `the folder ${path}`, ['mkdir', '-p', '--', path], { signal });
    },
    writeFile: (path: string, content: string, signal?: AbortSignal) => write(path, Buffer.from(content), '', signal),
    readFile: (path: string, signal?: AbortSignal) => act(`to read ${path}`, readScript, [path], { signal }),
    async upload(file: Upload, signal?: AbortSignal) {
      if ((await digestOf(file.to, signal)) === file.sha256) {
        await onNode(hands, `mode ${file.mode} of ${file.to}`, ['chmod', file.mode, '--', file.to], { signal });
        return 'was there' as const;
      }
      const content = await readFile(file.from, { signal });
      if (sha256(content) !== file.sha256) throw otherDigest(file);
      await write(file.to, content, file.mode, signal);
      return 'uploaded' as const;
    },
    async copyFile(from: string, to: string, signal?: AbortSignal) {
      await act(`to copy ${from} to ${to}`, copyScript, [from, to], { signal });
    },
    digestOf,
    async removeFile(path: string, signal?: AbortSignal) {
      await onNode(hands, `to remove ${path}`, ['rm', '-f', '--', path], { signal });
    },
  };
}

/** What it printed; undefined when it says that there is no such file. OperatorError for any other failure. */
async function onNode(hands: RemoteHands, doing: string, command: CommandLine, options: RunOptions) {
  const { code, stdout, stderr } = await hands.run(command, options);
  if (code === 0) return stdout;
  if (code === absent) return undefined;
  throw new OperatorError({
    expected: `${doing} on ${hands.name}`,
    found: stderr.trim().split('\n').at(-1) || `exit code ${code}`,
    next: 'look at the path, its owner and the space on its disk',
  });
}

function sha256(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}
