import { join } from 'node:path';
import { nodesUp } from '../checks/node-checks.ts';
import { hiddenColumns } from '../checks/target-checks.ts';
import { OperatorError } from '../errors.ts';
import type { Table } from '../model/table.ts';
import type { DetachedProcess } from '../ports/node-shell.ts';
import type { StreamPosition } from '../stream/stream-position.ts';
import { settleDifferences } from '../validation/settle-differences.ts';
import { absentShare } from '../validation/split-tally.ts';
import { comparableTables } from './comparable-tables.ts';
import type { Phase } from './phase.ts';
import type { PhaseContext } from './phase-context.ts';
import { askStream, openStreamClock } from './stream-clock.ts';
import { unlessCutOver } from './unless-cut-over.ts';

/** Behind by no more than this, the sink keeps up; further behind it must be seen to gain. */
const fewSecondsMicros = 15_000_000n;
const lookEveryMs = 1_000;
const looksForLag = 30;
/** Rows that change all the time never come to rest: more than this is not waited for, the next validation looks at them. */
const settleMs = 20_000;

/** Lets workers apply changes, starts this machine's own, and waits until they keep up. */
export const startSink: Phase = {
  name: 'start-sink',
  needs: ['start-source'],
  checks: [nodesUp, hiddenColumns],
  steps: [
    unlessCutOver('sink allowed', async ({ ledger, signal }) => {
      if (ledger.state.sinkAllowed) return 'was allowed before';
      await ledger.append({ kind: 'sink-allowed' });
      await ledger.refresh(signal);
      return undefined;
    }),
    unlessCutOver('workers', startWorkers),
    unlessCutOver('lag known and falling', waitForLag),
    unlessCutOver('rows that validate left unsettled', settleUnsettled),
  ],
  async confirm(context) {
    if (context.ledger.state.cutover) return 'was cut over before: nothing is left to apply';
    const position = await untilKnown(context);
    throwOnUnknown(position);
    return `behind by ${lagSeconds(context, position)} s`;
  },
};

/** The processes that `run` starts on this machine; `cutover` ends them by its record. */
export function localWorkers({
  config,
  program: [command, ...first],
  configFile,
}: PhaseContext): readonly DetachedProcess[] {
  return Array.from({ length: config.workers.local }, (_, number) => ({
    command,
    arguments: [...first, 'worker', '--config', configFile, '--name', `local-${number}`],
    logFile: join(config.workers.folder, `worker-${number}.log`),
    pidFile: join(config.workers.folder, `worker-${number}.pid`),
  }));
}

async function startWorkers(context: PhaseContext): Promise<string> {
  const { localShell, config, signal } = context;
  await localShell.makeFolder(config.workers.folder, signal);
  const states: string[] = [];
  for (const worker of localWorkers(context)) states.push(await localShell.ensureRunning(worker, signal));
  return `${states.filter((state) => state === 'started').length} started, ${states.filter((state) => state === 'was running').length} running before`;
}

/** Unknown is not small: the phase waits until every node's watermark has passed every partition. */
async function waitForLag(context: PhaseContext): Promise<string> {
  const { clock, report, signal } = context;
  let before: bigint | undefined;
  for (;;) {
    const position = await askStream(context);
    const lag = lagOf(context, position);
    if (lag !== undefined && (lag <= fewSecondsMicros || (before !== undefined && lag < before)))
      return `${Number(lag / 1000n)} ms behind`;
    const reason =
      lag === undefined
        ? `lag is unknown: ${position.unknownBecause}`
        : `${lag / 1_000_000n} s behind, not falling yet`;
    report({ kind: 'waiting', reason });
    before = lag;
    await clock.sleep(lookEveryMs, signal);
  }
}

async function settleUnsettled(context: PhaseContext): Promise<string> {
  const { config, ledger, source, target, clock, signal } = context;
  const { expiryTolerance } = config.validation;
  const last = ledger.state.lastValidation;
  if (!last || last.unsettled.length === 0) return 'none';
  const settledAt = ledger.state.phases.get('start-sink')?.confirmedAtMicros;
  if (settledAt !== undefined && settledAt > last.finishedAtMicros) return 'looked at before';
  const stream = await openStreamClock(context);
  const sides = { source, target, sourceConsistency: 'local_quorum', targetConsistency: 'local_quorum' } as const;
  const streamTime = () => stream.position?.streamTimeMicros;
  const settle = async (table: Table) => {
    const keys = last.unsettled.filter((row) => row.table === table.name);
    const differing = keys.map(({ key }) => ({ key, columns: [], source: absentShare, target: absentShare }));
    const how = { sides, table, clock, streamTime, patienceMs: settleMs, expiryTolerance, signal };
    return (await settleDifferences(differing, how)).map(({ verdict }) => verdict);
  };
  try {
    const { tables } = await comparableTables(context);
    const verdicts = await Promise.all(tables.map(settle));
    const feed = ledger.state.handOver?.datastax ? 'datastax' : 'cdcmig';
    return settledText(verdicts.flat(), last.unsettledCount - last.unsettled.length, feed);
  } finally {
    await stream.close();
  }
}

function settledText(verdicts: readonly string[], notListed: number, feed: 'cdcmig' | 'datastax'): string {
  const equal = verdicts.filter((verdict) => verdict === 'equal').length;
  const pending = verdicts.filter((verdict) => verdict === 'pending').length;
  const differing = verdicts.length - equal - pending;
  // Whatever the DataStax agents do not tell of is left to the repair, which the cutover demands.
  if (differing > 0 && feed === 'cdcmig')
    throw new OperatorError(
      {
        expected: 'rows that differed before the sink ran to be equal now',
        found: `${differing} of ${verdicts.length} that differ for certain`,
        next: 'cdcmig validate --json lists their keys',
      },
      { exitCode: 3 },
    );
  const left = notListed > 0 ? `; ${notListed} more were only counted, the next validation looks at them` : '';
  const toRepair = differing > 0 ? `, ${differing} for \`cdcmig validate --repair\`` : '';
  return `${equal} equal now, ${pending} still changing${toRepair}${left}`;
}

/** A partition that has just moved to another worker is unknown for a moment. */
async function untilKnown(context: PhaseContext): Promise<StreamPosition> {
  for (let looks = 0; ; looks++) {
    const position = await askStream(context);
    if (position.unknownBecause === undefined || looks === looksForLag) return position;
    await context.clock.sleep(lookEveryMs, context.signal);
  }
}

function throwOnUnknown({ unknownBecause }: StreamPosition): void {
  if (unknownBecause === undefined) return;
  throw new OperatorError({
    expected: 'a known lag',
    found: unknownBecause,
    next: 'look at the logs of the workers and agents, then repeat the command',
  });
}

function lagOf({ clock }: PhaseContext, { streamTimeMicros }: StreamPosition): bigint | undefined {
  return streamTimeMicros === undefined ? undefined : clock.nowMicros() - streamTimeMicros;
}

function lagSeconds(context: PhaseContext, position: StreamPosition): string {
  return (Number(lagOf(context, position) ?? 0n) / 1e6).toFixed(1);
}
