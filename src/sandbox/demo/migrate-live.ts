import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PhaseName } from '../../model/phase.ts';
import type { StandInFacts } from '../keyspaces/stand-in-facts.ts';
import type { Sandbox } from '../sandbox-state.ts';
import { type Chaos, strikeForAWhile } from './chaos.ts';
import { chaosText } from './chaos-plan.ts';
import type { Child } from './child.ts';
import type { DemoFeed } from './demo-config.ts';
import type { DemoFolder } from './demo-folder.ts';
import { killByFile } from './kill-by-file.ts';
import type { Operator, PhaseOutcome, PrintedEvent } from './operator.ts';
import { stopNode } from './stop-node.ts';

export interface LiveMigration {
  readonly sandbox: Sandbox;
  readonly operator: Operator;
  readonly folder: DemoFolder;
  readonly keyspace: string;
  readonly feed: DemoFeed;
  /** Undefined where the target is a Cassandra. */
  readonly standIn: StandInFacts | undefined;
  /** Undefined: one sink dies and that is all. */
  readonly chaos: Chaos | undefined;
  /** Ends the application and answers when its last write is done. */
  readonly stopWrites: () => Promise<void>;
  readonly onProgress: (text: string) => void;
  readonly signal: AbortSignal;
}

export interface LiveOutcome {
  readonly phases: readonly PhaseOutcome[];
  readonly kills: readonly string[];
  /** When the sinks had caught up, the killed one with them, milliseconds since 1970. */
  readonly steadyFromMs: number;
}

/** By then several splits are done, and both workers have more in hand. */
const splitsBeforeTheKill = 6;
const sinkRunsMs = 5_000;
/** Long enough for a lag that means something. */
const steadyMs = 15_000;
const catchUpMs = 60_000;
/** A lost answer holds its batch for some seconds. */
const smallLagMs = 10_000;
const lookEveryMs = 2_000;

/** All six phases while the application writes; a worker, the agent and a sink are killed on the way and come back. */
export async function migrateLive(migration: LiveMigration): Promise<LiveOutcome> {
  const { operator, keyspace, onProgress, signal } = migration;
  const phases: PhaseOutcome[] = [];
  const run = async (phase: PhaseName, ...more: string[]) => {
    phases.push(await operator.runPhase(phase, { arguments: more }));
  };
  await run('deploy-agent');
  await run('start-source');
  const copied = await copyWithDeaths(migration);
  phases.push(copied.outcome);
  await run('validate');
  await run('start-sink');
  const { kills, worker } = await killWhileApplying(migration, copied.worker);
  // A lone node that is away is no migration.
  const nodeStopped = migration.sandbox.source.length > 1 ? [await stopNode(migration)] : [];
  await untilCaughtUp(migration);
  const steadyFromMs = Date.now();
  await sleep(steadyMs, undefined, { signal });
  onProgress('asking the application to stop');
  await migration.stopWrites();
  if (migration.feed === 'datastax') {
    onProgress('repairing what the agents do not tell of: range deletes');
    await operator.repair();
  }
  await run('cutover', '--writes-stopped', '--confirm', keyspace, ...hintsLookedFor(migration));
  await worker.ended;
  await operator.stopAgents();
  return { phases, kills: [...copied.kills, ...kills, ...nodeStopped], steadyFromMs };
}

/** 4.0 cannot tell its hints by CQL: `stopNode` has seen them go. */
function hintsLookedFor({ sandbox }: LiveMigration): readonly string[] {
  return sandbox.cassandra === '4.0' && sandbox.source.length > 1 ? ['--hints-checked'] : [];
}

/** In the middle of the copy a worker and the agent are killed. The worker is back at once, the agent by deploy-agent. */
async function copyWithDeaths(migration: LiveMigration) {
  const { operator, folder, feed, onProgress } = migration;
  const killed = operator.startWorker('worker-b');
  let splits = 0;
  let deaths: Promise<Child> | undefined;
  const onEvent = ({ kind }: PrintedEvent) => {
    if (kind === 'split-copied' && ++splits === splitsBeforeTheKill) deaths = killBoth();
  };
  const outcome = await operator.runPhase('snapshot-migrate', { onEvent });
  if (!deaths) throw new Error(`the copy ended after ${splits} splits: nothing could be killed in its middle`);
  const worker = await deaths;
  const workerKilled = `a worker, by -9 after ${splitsBeforeTheKill} splits; its splits were copied by others, and it came back`;
  if (feed === 'datastax') return { outcome, kills: [workerKilled], worker };
  await operator.runPhase('deploy-agent');
  const agentKilled = 'an agent, by -9 at the same moment; deploy-agent brought it back to where it was';
  return { outcome, kills: [workerKilled, agentKilled], worker };

  async function killBoth(): Promise<Child> {
    // A stand-in keeps no place to come back to.
    const dies = feed === 'cdcmig';
    onProgress(`kill -9 of a worker${dies ? ' and of the agent' : ''}`);
    await Promise.all([killed.kill(), ...(dies ? [killByFile(join(folder.agents[0]!, 'agent.pid'))] : [])]);
    return operator.startWorker('worker-b');
  }
}

async function killWhileApplying(migration: LiveMigration, worker: Child) {
  const { chaos } = migration;
  if (chaos === undefined) return { kills: [await killSink(migration)], worker };
  const outcome = await strikeForAWhile(chaos, { ...migration, worker });
  return { kills: chaosText(outcome.blows, chaos.seed), worker: outcome.worker };
}

async function killSink({ operator, folder, onProgress, signal }: LiveMigration): Promise<string> {
  await sleep(sinkRunsMs, undefined, { signal });
  onProgress('kill -9 of a sink');
  await killByFile(join(folder.workers, 'worker-0.pid'));
  await operator.runPhase('start-sink');
  return 'a sink, by -9 while it applied changes; others took its partitions, and start-sink brought it back';
}

/** An operator looks at the lag before thinking of a cutover. A machine that never catches up is not waited for. */
async function untilCaughtUp({ operator, onProgress, signal }: LiveMigration): Promise<void> {
  for (const begin = performance.now(); performance.now() - begin < catchUpMs; ) {
    const { lagMs } = (await operator.status()).stream;
    onProgress(lagMs === 'unknown' ? 'lag unknown' : `lag ${(lagMs / 1000).toFixed(1)} s`);
    if (lagMs !== 'unknown' && lagMs <= smallLagMs) return;
    await sleep(lookEveryMs, undefined, { signal });
  }
}
