import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The one test command: every check of the project, all of them even when one fails, and the sum on the last line. */
interface Outcome {
  readonly name: string;
  readonly passed: number;
  readonly failed: number;
  readonly seconds: number;
  /** What failed and with which words, for the end of the output: a log may show no more than that. */
  readonly faults?: readonly string[];
}

const reports = mkdtempSync(join(tmpdir(), 'cdcmig-test-'));

const checks: readonly (() => readonly Outcome[])[] = process.argv.includes('--soak')
  ? [() => vitest('soak', 1)]
  : [
      () => [tool('types', 'tsc', ['-p', '.'])],
      () => [tool('lint and format', 'biome', ['ci', '.'])],
      () => [tool('unused code', 'knip', [])],
      () => vitest('unit', 2),
      // Most of their time these wait for servers and processes.
      () => vitest('server', 3),
      () => vitest('kill', 1),
    ];

const outcomes = checks.flatMap((check) => check());
rmSync(reports, { recursive: true, force: true });
const sum = (count: (outcome: Outcome) => number) => outcomes.reduce((total, outcome) => total + count(outcome), 0);
for (const { name, passed, failed, seconds } of [...outcomes].sort((a, b) => a.seconds - b.seconds))
  say(`${seconds.toFixed(1).padStart(7)} s  ${failed > 0 ? 'FAILED ' : ''}${name} (${passed + failed})`);
for (const { name, faults = [] } of outcomes) for (const fault of faults) say(`FAILED ${name}: ${fault}`);
say(`${sum(({ passed }) => passed)} passed, ${sum(({ failed }) => failed)} failed`);
process.exitCode = sum(({ failed }) => failed) > 0 ? 1 : 0;

function tool(name: string, command: string, parameters: readonly string[]): Outcome {
  const began = performance.now();
  const { status } = spawnSync(command, parameters, { stdio: 'inherit' });
  const isPassed = status === 0;
  return { name, passed: isPassed ? 1 : 0, failed: isPassed ? 0 : 1, seconds: (performance.now() - began) / 1000 };
}

interface VitestReport {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly startTime: number;
    readonly endTime: number;
    readonly message: string;
    readonly assertionResults: readonly {
      readonly status: string;
      readonly fullName: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

/** A suite that could not even be loaded, or a run that left no report, is a failure of its own. */
function vitest(project: string, workers: number): readonly Outcome[] {
  const report = join(reports, `${project}.json`);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const run = tool(`vitest ${project}`, 'vitest', [
    'run',
    '--project',
    project,
    `--maxWorkers=${workers}`,
    ...reporters,
  ]);
  const suites = readReport(report);
  if (suites === undefined) return [{ ...run, passed: 0, failed: 1 }];
  const isHiddenFailure = run.failed > 0 && suites.every(({ failed }) => failed === 0);
  return isHiddenFailure ? [...suites, { ...run, passed: 0, failed: 1 }] : suites;
}

function readReport(file: string): readonly Outcome[] | undefined {
  try {
    const { testResults } = JSON.parse(readFileSync(file, 'utf8')) as VitestReport;
    return testResults.map(({ name, status, message, startTime, endTime, assertionResults }) => {
      const failed = assertionResults.filter((result) => result.status === 'failed');
      const isBroken = failed.length === 0 && status === 'failed';
      return {
        name: name.slice(process.cwd().length + 1),
        passed: assertionResults.filter((result) => result.status === 'passed').length,
        failed: isBroken ? 1 : failed.length,
        seconds: (endTime - startTime) / 1000,
        faults: isBroken
          ? [excerpt(message)]
          : failed.map(({ fullName, failureMessages }) => `${fullName}\n${excerpt(failureMessages.join('\n'))}`),
      };
    });
  } catch {
    return undefined;
  }
}

/** What a command printed before it failed says why in its last lines. */
function excerpt(text: string): string {
  const lines = text.split('\n');
  return lines.length <= 30 ? text : [...lines.slice(0, 5), '…', ...lines.slice(-24)].join('\n');
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
