/** What a pid file says: a process as there can be no second one. */
export interface PidRecord {
  readonly pid: number;
  /** Field 22 of /proc/<pid>/stat, counted from the boot. A process that later gets the same pid has another one. */
  readonly startTicks: string;
  readonly bootId: string;
  /** The command and its arguments. */
  readonly command: readonly string[];
}

/**
 * The pid file is written by the process itself, before it becomes the command: nothing can be started and then lost
 * because its starter died between the start and the writing. `sh -c <this> sh <pid file> <command as JSON> <command...>`
 */
export const startScript = [
  'pid_file=$1; shown=$2; shift 2',
  'read -r stat </proc/$$/stat && read -r boot </proc/sys/kernel/random/boot_id || exit 126',
  'twentieth() { shift 19; echo "$1"; }',
  // The name of a process may hold blanks and brackets, so fields are counted behind its last bracket.
  `start=$(twentieth \${stat##*') '})`,
  'printf "%s\\n" $$ "$start" "$boot" "$shown" >"$pid_file.new" && mv "$pid_file.new" "$pid_file" || exit 126',
  'exec "$@"',
].join('\n');

/** Undefined for a text that is no pid file of ours. */
export function parsePidFile(text: string): PidRecord | undefined {
  const [pid, startTicks, bootId, command] = text.split('\n');
  if (!isDigits(pid) || !isDigits(startTicks) || !bootId || !command) return undefined;
  return { pid: Number(pid), startTicks, bootId, command: JSON.parse(command) as string[] };
}

function isDigits(text: string | undefined): text is string {
  return text !== undefined && /^\d+$/.test(text);
}
