import { OperatorError } from '../../errors.ts';
import type { MigrationStatus } from '../../model/migration-status.ts';
import type { PhaseName } from '../../model/phase.ts';
import { type Child, startChild } from './child.ts';
import type { DemoFolder } from './demo-folder.ts';

export interface PhaseOutcome {
  readonly phase: PhaseName;
  /** Of the whole command, with the start of its process. */
  readonly seconds: number;
  readonly summary: string;
}

/** One line that `run --json` prints. */
export interface PrintedEvent {
  readonly kind: string;
  readonly [field: string]: unknown;
}

/** Someone who types commands, one after the other. */
export interface Operator {
  runPhase(phase: PhaseName, more?: PhaseCommand): Promise<PhaseOutcome>;
  /** A worker beside those that `run` starts. */
  startWorker(name: string): Child;
  status(): Promise<MigrationStatus>;
  /** Compares both sides and writes from the source what differs. */
  repair(): Promise<void>;
  stopAgents(): Promise<void>;
}

interface PhaseCommand {
  readonly arguments?: readonly string[];
  readonly onEvent?: (event: PrintedEvent) => void;
}

export interface OperatorParts {
  /** How cdcmig is started: command and first arguments. */
  readonly program: readonly [string, ...string[]];
  readonly folder: DemoFolder;
  /** In which the commands find credentials; workers inherit it. */
  readonly environment: NodeJS.ProcessEnv;
  readonly onProgress: (text: string) => void;
  readonly signal: AbortSignal;
}

export function createOperator({ program, folder, environment, onProgress, signal }: OperatorParts): Operator {
  const config = ['--config', folder.configFile];
  let commands = 0;
  const isWorthALine = atMostEach(holdEveryMs);

  return {
    async runPhase(phase, more = {}) {
      const begin = performance.now();
      let summary = '';
      await run(['run', '--phase', phase, ...config, '--json', ...(more.arguments ?? [])], (line) => {
        const event = parseEvent(line);
        if (!event) return;
        if (event.kind === 'phase-finished') summary = String(event.summary);
        if (event.kind === 'warning') onProgress(`  ${event.text}`);
        if (event.kind === 'throttled' && isWorthALine()) onProgress(`  ${holdText(event)}`);
        if (event.kind === 'waiting' && String(event.reason).startsWith('held by')) onProgress(`  ${event.reason}`);
        if (event.kind === 'ring-alarm')
          onProgress(`  ${event.isOver ? 'over' : 'ALARM'}: ${event.address}: ${event.reason}`);
        more.onEvent?.(event);
      });
      const seconds = (performance.now() - begin) / 1000;
      onProgress(`${phase}: ${seconds.toFixed(1)} s, ${summary}`);
      return { phase, seconds, summary };
    },
    startWorker: (name) =>
      startChild({ name, folder, environment, command: [...program, 'worker', ...config, '--name', name, '--json'] }),
    async status() {
      const lines: string[] = [];
      await run(['status', ...config, '--json'], (line) => lines.push(line));
      return JSON.parse(lines.join('\n')) as MigrationStatus;
    },
    repair: () => run(['validate', '--repair', ...config], () => {}),
    stopAgents: () => run(['undo', 'deploy-agent', ...config], () => {}),
  };

  async function run(words: readonly string[], onLine: (line: string) => void): Promise<void> {
    signal.throwIfAborted();
    const child = startChild({ name: nameOf(words), folder, environment, command: [...program, ...words], onLine });
    const interrupt = () => void child.stop();
    signal.addEventListener('abort', interrupt, { once: true });
    try {
      const { exitCode, lastWords } = await child.ended;
      signal.throwIfAborted();
      if (exitCode !== 0) throw ended(words, exitCode, lastWords, child.logFile);
    } finally {
      signal.removeEventListener('abort', interrupt);
    }
  }

  /** For its log: `03-run-start-sink`. */
  function nameOf(words: readonly string[]): string {
    commands++;
    const [command, ...rest] = words;
    const detail = command === 'run' ? rest[1] : undefined;
    return [String(commands).padStart(2, '0'), command, ...(detail ? [detail] : [])].join('-');
  }
}

/** A target that throttles does so many times a second. */
const holdEveryMs = 5_000;

function atMostEach(ms: number): () => boolean {
  let last = Number.NEGATIVE_INFINITY;
  return () => {
    if (performance.now() - last < ms) return false;
    last = performance.now();
    return true;
  };
}

/** As the commands say it to a person. */
function holdText({ table, writesPerSecond, unitsPerSecond }: PrintedEvent): string {
  const most = typeof unitsPerSecond === 'number' ? ` of ${unitsPerSecond} units/s` : '';
  return `held by: target throttling, ${table}: ${Math.round(Number(writesPerSecond))} writes/s taken${most}`;
}

function parseEvent(line: string): PrintedEvent | undefined {
  try {
    const value = JSON.parse(line);
    return typeof value?.kind === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}

function ended(words: readonly string[], exitCode: number | null, lastWords: string, logFile: string): OperatorError {
  const found = `${exitCode === null ? 'it was killed' : `exit code ${exitCode}`}${lastWords ? `: ${lastWords}` : ''}`;
  return new OperatorError(
    { expected: `cdcmig ${words.join(' ')} to succeed`, found, next: `read ${logFile}` },
    // The same code: differences, books and holes are told apart by it.
    { exitCode: isKnown(exitCode) ? exitCode : 1 },
  );
}

function isKnown(code: number | null): code is 1 | 3 | 4 | 5 | 6 | 70 {
  return code !== null && [1, 3, 4, 5, 6, 70].includes(code);
}
