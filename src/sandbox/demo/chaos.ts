import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { OperatorError } from '../../errors.ts';
import { killServer, startServer } from '../control-server.ts';
import type { StandInFacts } from '../keyspaces/stand-in-facts.ts';
import { type ChaosBlow, type ChaosVictim, chaosPlan, chaosVictims } from './chaos-plan.ts';
import type { Child } from './child.ts';
import { killByFile } from './kill-by-file.ts';
import type { LiveMigration } from './migrate-live.ts';
import { seededRandom } from './seeded-random.ts';

export interface Chaos {
  readonly seed: number;
  readonly forMs: number;
}

export interface ChaosParts extends LiveMigration {
  /** A worker beside those that `run` starts. */
  readonly worker: Child;
}

export interface ChaosOutcome {
  readonly blows: readonly ChaosVictim[];
  /** The one that lives now. */
  readonly worker: Child;
}

/**
 * Lets one thing after another die while changes are applied, and come back as an operator or a supervisor would bring it back. Each
 * has died at least once at the end, however slow the machine.
 */
export async function strikeForAWhile({ seed, forMs }: Chaos, parts: ChaosParts): Promise<ChaosOutcome> {
  const { signal, onProgress } = parts;
  const victims = victimsOf(parts);
  const blows: ChaosVictim[] = [];
  let { worker } = parts;
  const begin = performance.now();
  for (const blow of chaosPlan(seededRandom(seed), victims)) {
    if (blows.length >= victims.length && performance.now() - begin > forMs) break;
    await sleep(blow.pauseMs, undefined, { signal });
    onProgress(`chaos: ${blow.victim}`);
    worker = await strike(blow, { ...parts, worker });
    blows.push(blow.victim);
  }
  return { blows, worker };
}

function victimsOf({ standIn, feed }: ChaosParts): readonly ChaosVictim[] {
  const absent: readonly ChaosVictim[] = [
    ...(standIn ? [] : (['connections'] as const)),
    // Nothing brings the DataStax agent back in the middle of a migration.
    ...(feed === 'datastax' ? (['agent'] as const) : []),
  ];
  return chaosVictims.filter((victim) => !absent.includes(victim));
}

async function strike({ victim, awayMs }: ChaosBlow, parts: ChaosParts): Promise<Child> {
  const { sandbox, operator, folder, standIn, worker, signal } = parts;
  const away = () => sleep(awayMs, undefined, { signal });
  switch (victim) {
    case 'agent':
      await killByFile(join(folder.agents[0]!, 'agent.pid'));
      await away();
      await untilDone(() => operator.runPhase('deploy-agent'), parts);
      return worker;
    case 'sink':
      await killByFile(join(folder.workers, 'worker-0.pid'));
      await away();
      await untilDone(() => operator.runPhase('start-sink'), parts);
      return worker;
    case 'worker':
      await killWorker(worker);
      await away();
      return operator.startWorker('worker-b');
    case 'broker':
    case 'target': {
      const name = victim === 'broker' ? 'pulsar' : 'target';
      await killServer(sandbox, name, signal);
      await away();
      await startServer(sandbox, name, signal);
      return worker;
    }
    case 'connections':
      // Half of the requests are done before their connection breaks.
      await switchResets(standIn!, 1, signal);
      await away();
      await switchResets(standIn!, 0, signal);
      return worker;
  }
}

/** One that had ended by itself is a bug, whatever died around it. */
async function killWorker(worker: Child): Promise<void> {
  const { exitCode, lastWords } = await worker.kill();
  if (exitCode === null) return;
  throw new OperatorError({
    expected: 'a worker to outlive what dies around it',
    found: `it ended with ${exitCode}: ${lastWords}`,
    next: `read ${worker.logFile}`,
  });
}

async function switchResets({ metricsUrl }: StandInFacts, resets: number, signal: AbortSignal): Promise<void> {
  const response = await fetch(`${metricsUrl}/faults`, { method: 'PUT', body: JSON.stringify({ resets }), signal });
  if (!response.ok) throw new Error(`${metricsUrl}/faults answered ${response.status}: ${await response.text()}`);
}

/** What has just died makes a command fail that needs it, and say so: an operator repeats it. */
async function untilDone(command: () => Promise<unknown>, { onProgress, signal }: ChaosParts): Promise<void> {
  for (let left = attempts; ; left--) {
    try {
      await command();
      return;
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof OperatorError) || error.exitCode !== 1 || left === 0) throw error;
      onProgress('  said so and ended; the same command again');
    }
  }
}

const attempts = 3;
