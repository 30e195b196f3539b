import { OperatorError } from '../../errors.ts';
import { shellQuote } from '../../model/shell-quote.ts';
import type { DetachedProcess } from '../../ports/node-shell.ts';
import { isAlive } from '../local-shell/find-process.ts';
import { type PidRecord, startScript } from '../local-shell/pid-file.ts';
import type { ProcessHands } from '../local-shell/stop-process.ts';
import type { RemoteHands } from './remote-files.ts';

/**
 * Starts the command in a session of its own and waits until it has become itself, or has failed to. The environment
 * comes by stdin: a command line can be read by everybody on that machine.
 */
const detachScript = `
log=$1 pid_file=$2 shown=$3 start=$4; shift 4
eval "$(cat)"
: >>"$log" || exit 1
setsid sh -c "$start" sh "$pid_file" "$shown" "$@" </dev/null >>"$log" 2>&1 &
while case $(tr '\\0' ' ' </proc/$!/cmdline 2>/dev/null) in 'sh -c '*log=*|'setsid sh -c '*|'sh -c pid_file='*) ;; *) false ;; esac
do sleep 0.02; done
sleep 0.05
[ -e /proc/$! ] && ! grep -q '^State:[[:space:]]*Z' /proc/$!/status && exit 0
wait $!
case $? in 126|127) exit 127 ;; esac`;

export async function startRemotely(hands: RemoteHands, asked: DetachedProcess, signal?: AbortSignal): Promise<void> {
  const command = [asked.command, ...asked.arguments];
  const { code, stderr } = await hands.run(
    ['sh', '-c', detachScript, 'sh', asked.logFile, asked.pidFile, JSON.stringify(command), startScript, ...command],
    { input: environmentText(asked.environment ?? {}), signal },
  );
  if (code === 0) return;
  throw new OperatorError({
    expected: `${asked.command} to start on ${hands.name}`,
    found: stderr.trim() || `the shell ended with ${code}`,
    next: `see the end of ${asked.logFile}, and whether ${asked.pidFile} can be written`,
  });
}

export function remoteProcessHands(
  { run, name }: RemoteHands,
  read: (path: string) => Promise<string | undefined>,
): ProcessHands {
  const readOrNothing = (path: string) => read(path).catch(nothingIfGone);
  return {
    isAlive: (record: PidRecord) => isAlive(record, readOrNothing),
    async send(signalName, pid) {
      const { code, stderr } = await run(['kill', '-s', signalName.replace('SIG', ''), `${pid}`]);
      if (code === 0 || /no such process/i.test(stderr)) return;
      throw new OperatorError({
        expected: `to send ${signalName} to process ${pid} on ${name}`,
        found: stderr.trim(),
        next: 'run as the user who started it',
      });
    },
    pollMs: 200,
  };
}

/** A process may end between our looking whether its file is there and reading it. */
function nothingIfGone(error: unknown): undefined {
  if (error instanceof OperatorError && /no such (process|file)/i.test(error.message)) return undefined;
  throw error;
}

function environmentText(environment: Readonly<Record<string, string>>): string {
  return Object.entries(environment)
    .map(([name, value]) => `export ${name}=${shellQuote(value)}\n`)
    .join('');
}
