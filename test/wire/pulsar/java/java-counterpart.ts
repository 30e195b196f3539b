import { spawn } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { cacheFolder } from '../../../../src/sandbox/cache-folder.ts';
import { findJava } from '../../../../src/sandbox/find-java.ts';
import { installRelease } from '../../../../src/sandbox/install-release.ts';
import { type PulsarLine, pulsarRelease } from '../../../../src/sandbox/sandbox-release.ts';
import { openPackages, smallJvm } from '../../../../src/sandbox/server-arguments.ts';
import { compileJava, jarsIn } from '../../../support/compile-java.ts';
import type { JavaAnswer, JavaRequest } from './java-requests.ts';

/** Pulsar's own Java client in a process of its own. It does one thing after the other. */
export interface JavaCounterpart extends AsyncDisposable {
  ask<R extends JavaRequest>(request: R): Promise<JavaAnswer<R['op']>>;
}

export interface JavaCounterpartOptions {
  readonly serviceUrl: string;
  readonly line?: PulsarLine;
  /** With both compilers, its own choice of collector and more memory: as it would run in production. */
  readonly isMeasured?: boolean;
}

/** The Java client of the same distribution as the sandbox's broker. */
export async function startJavaCounterpart(options: JavaCounterpartOptions): Promise<JavaCounterpart> {
  const { serviceUrl, line = '4.0', isMeasured = false } = options;
  const release = pulsarRelease(line);
  const home = await installRelease(release, { cache: cacheFolder(), onProgress: () => {} });
  const jars = jarsIn(join(home, 'lib'));
  const classes = await compileJava({ source, release: release.release, jars });
  const jvm = [...(isMeasured ? ['-Xmx1g'] : [...smallJvm, '-Xmx256m']), ...opened];
  const classPath = ['-cp', [classes, ...jars].join(delimiter)];
  const { command } = await findJava();
  return overLines(spawn(command, [...jvm, ...classPath, 'PulsarCounterpart', serviceUrl]));
}

const source = fileURLToPath(new URL('PulsarCounterpart.java', import.meta.url));
// Netty reads memory the quick way only with these.
const opened = [
  ...openPackages('--add-opens', ['java.base/java.nio', 'java.base/jdk.internal.misc', 'java.base/java.lang']),
  '-Dio.netty.tryReflectionSetAccessible=true',
];

function overLines(child: ReturnType<typeof spawn>): JavaCounterpart {
  const said: string[] = [];
  child.stderr!.on('data', (part) => said.push(String(part)));
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const answers = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  const askOne = async (request: JavaRequest) => {
    child.stdin!.write(`${JSON.stringify(request)}\n`);
    const { value, done } = await answers.next();
    if (done) throw new Error(`the Java client has ended: ${said.join('').slice(-3000)}`);
    const answer = JSON.parse(value);
    if (answer.error) throw new Error(`${request.op}: ${answer.error}`);
    return answer;
  };
  let before: Promise<unknown> = Promise.resolve();
  return {
    ask(request) {
      const answer = before.then(() => askOne(request));
      before = answer.catch(() => {});
      return answer;
    },
    async [Symbol.asyncDispose]() {
      child.stdin!.end();
      const timer = setTimeout(() => child.kill('SIGKILL'), 5_000);
      await ended;
      clearTimeout(timer);
    },
  };
}
