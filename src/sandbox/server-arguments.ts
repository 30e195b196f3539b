/** How to start one server: everything after `java`. */
export interface ServerArguments {
  /** Written to a file that the command line names: `ps` stays readable and the file's path tells whose process it is. */
  readonly jvm: readonly string[];
  readonly jars: readonly string[];
  readonly main: readonly string[];
}

const anyJvm = ['-XX:-UsePerfData', '-XX:+ExitOnOutOfMemoryError', '-Djava.net.preferIPv4Stack=true'];

/** Small and quick to start matters more in a sandbox than speed. */
export const smallJvm: readonly string[] = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', ...anyJvm];

/** For benchmarks, where a server must not be what is measured: both compilers, and another collector. */
export const fastJvm: readonly string[] = ['-XX:+UseParallelGC', ...anyJvm];

/** `--add-exports` or `--add-opens` for each package, written `module/package`. */
export function openPackages(option: '--add-exports' | '--add-opens', packages: readonly string[]): string[] {
  return packages.map((name) => `${option}=${name}=ALL-UNNAMED`);
}

/** The text of a java `@file`: one quoted argument a line. */
export function argumentsFile(args: readonly string[]): string {
  return args.map((arg) => `"${arg.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"\n`).join('');
}
