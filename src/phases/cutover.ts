import { randomUUID } from 'node:crypto';
import {
  captureGate,
  type Gate,
  gatesBeforeDrain,
  gatesOfCutover,
  nodesInDoubt,
  nodesWithHole,
  slicesGate,
} from '../cutover/gates.ts';
import { exitCodes, OperatorError } from '../errors.ts';
import { withoutAgent } from '../state/compare-ring.ts';
import type { MigrationState } from '../state/migration-state.ts';
import { waitForCatchUp } from './catch-up.ts';
import { compareAll, throwOnDifferences } from './compare-all.ts';
import type { ComparisonScope } from './comparison-scope.ts';
import { copyAllCounters } from './copy-all-counters.ts';
import { gatherGateFacts, unbrokenSince } from './gate-facts.ts';
import type { Phase } from './phase.ts';
import type { PhaseContext } from './phase-context.ts';
import { localWorkers } from './start-sink.ts';
import { askStream } from './stream-clock.ts';
import { unlessCutOver } from './unless-cut-over.ts';
import { usualPatienceMs } from './validate.ts';

const drainTimeoutMs = 120_000;
const lookEveryMs = 500;
const longValidationMicros = 300_000_000n;

/** Proves that nothing is on its way and both sides are equal, and then lets the operator switch. */
export const cutover: Phase = {
  name: 'cutover',
  needs: ['snapshot-migrate', 'validate', 'start-sink'],
  checks: [],
  steps: [
    { title: 'confirmation', run: askConfirmation },
    unlessCutOver('sink catches up', catchUp),
    unlessCutOver('gates before the drain', async (context) => {
      throwOnClosed(showGates(gatesBeforeDrain(await gatherGateFacts(context)), context), context);
      return undefined;
    }),
    unlessCutOver('drain', drain),
    unlessCutOver('counters', copyAllCounters),
    unlessCutOver('validation after the drain', async (context) => {
      const report = await compareAll(context, {
        patienceMs: usualPatienceMs,
        isDrained: true,
        scope: await scopeAfterDrain(context),
      });
      await namingHoles(context, () => throwOnDifferences(report));
      const rows = report.tables.reduce((sum, table) => sum + table.sourceRows, 0n);
      return `${rows} rows${report.scope === undefined ? '' : ` (${report.scope})`}, equal`;
    }),
    // What replicas did not all have, our own reads have just written to the rest of them: copies, which must not pass for an application.
    unlessCutOver('sink catches up with repairs', waitForCatchUp),
    unlessCutOver('gates', recordCutover),
    { title: 'workers', run: stopWorkers },
  ],
  async confirm({ ledger, signal }) {
    const { cutover: record } = await ledger.refresh(signal);
    if (!record)
      throw new OperatorError({ expected: 'the cutover in the ledger', found: 'none', next: 'repeat the command' });
    return `${record.keyspace}: ${record.rows} rows on both sides, equal; the target may take over`;
  },
};

/** What `--dry-run` shows: the gates as they stand, and nothing is done. */
export async function showCutoverGates(context: PhaseContext): Promise<readonly Gate[]> {
  return showGates(gatesOfCutover(await gatherGateFacts(context)), context);
}

/** Without the operator's word the gate is closed anyway, and there is nothing to wait for. */
async function catchUp(context: PhaseContext): Promise<string | undefined> {
  return context.options.writesStopped ? waitForCatchUp(context) : 'not waited for: writes go on';
}

async function askConfirmation({ options, config }: PhaseContext): Promise<undefined> {
  if (options.confirm === config.source.keyspace) return;
  throw new OperatorError({
    expected: `--confirm ${config.source.keyspace}`,
    found: options.confirm === undefined ? 'no --confirm' : `--confirm ${options.confirm}`,
    next: `repeat with --confirm ${config.source.keyspace}: after a cutover the target is where writes belong`,
  });
}

function showGates(gates: readonly Gate[], { report }: PhaseContext): readonly Gate[] {
  for (const gate of gates) report({ kind: 'gate', ...gate });
  return gates;
}

function throwOnClosed(gates: readonly Gate[], { ledger }: PhaseContext): void {
  const closed = gates.filter((gate) => !gate.isOpen);
  if (closed.length === 0) return;
  throw new OperatorError(
    closed.map(({ gate, reason }) => ({
      expected: `gate open: ${gate}`,
      found: reason,
      next: 'mend that, then repeat the command',
    })),
    { exitCode: closed.some(({ gate }) => isOfHole(gate, ledger.state)) ? exitCodes.hole : exitCodes.operator },
  );
}

function isOfHole(gate: string, state: MigrationState): boolean {
  return gate === captureGate || (gate === slicesGate && nodesInDoubt(state).length > 0);
}

/** Rows that differ after a drain are no riddle where the capture has a hole: it is named first, and picks the exit code. */
async function namingHoles(context: PhaseContext, look: () => void): Promise<void> {
  try {
    look();
  } catch (error) {
    const { state } = context.ledger;
    const told = nodesWithHole(state, unbrokenSince(await askStream(context)));
    const broken = [...new Set([...told, ...nodesInDoubt(state)])];
    if (broken.length === 0 || !(error instanceof OperatorError)) throw error;
    const hole = {
      expected: `the ${captureGate}, or both sides equal in spite of a hole`,
      found: `a hole in the capture of ${broken.join(', ')}, and rows that differ`,
      next: 'write the rows below again on the source, or begin the migration anew under another name',
    };
    throw new OperatorError([hole, ...error.faults], { cause: error, exitCode: exitCodes.hole });
  }
}

/** Every node writes a canary; its mark on every partition says that all before it in that node's log is applied. */
async function drain(context: PhaseContext): Promise<string> {
  const { ledger, source, clock, report, signal } = context;
  const nonce = randomUUID();
  await ledger.append({ kind: 'drain-asked', nonce });
  await source.writeCanary(nonce, signal);
  const givesUpAt = clock.nowMicros() + BigInt(drainTimeoutMs) * 1000n;
  for (;;) {
    const position = await askStream(context);
    if (position.drained.has(nonce)) break;
    if (clock.nowMicros() > givesUpAt) throw notDrained(position.unknownBecause);
    report({ kind: 'waiting', reason: position.unknownBecause ?? 'the drain mark has not passed every partition yet' });
    await clock.sleep(lookEveryMs, signal);
  }
  await ledger.append({ kind: 'drained', nonce });
  await ledger.refresh(signal);
  return `mark ${nonce}`;
}

function notDrained(unknownBecause: string | undefined): OperatorError {
  return new OperatorError({
    expected: `the drain mark of every node on every partition within ${drainTimeoutMs / 1000} s`,
    found: unknownBecause ?? 'workers that are still behind it',
    next: 'look at `cdcmig status`, then repeat the command: a new mark is sent',
  });
}

/** What was seen equal before need not be read again, unless it is quickly done or agents have missed something since. */
async function scopeAfterDrain(context: PhaseContext): Promise<ComparisonScope> {
  const { validation } = context.options;
  if (validation !== undefined) return { kind: validation === 'full' ? 'everything' : 'changed' };
  const { proven, lastFullValidation: last, handOver } = context.ledger.state;
  // Its feed tells of no range delete and no truncate: only every row proves.
  if (handOver?.datastax) return { kind: 'everything' };
  const isLong = last !== undefined && last.finishedAtMicros - last.startedAtMicros > longValidationMicros;
  const isUnbroken = nodesWithHole(context.ledger.state, unbrokenSince(await askStream(context))).length === 0;
  const isFollowed = withoutAgent(context.ledger.state, await context.source.nodes(context.signal)).length === 0;
  return { kind: proven && isLong && isUnbroken && isFollowed ? 'changed' : 'everything' };
}

async function recordCutover(context: PhaseContext): Promise<string> {
  const gates = showGates(gatesOfCutover(await gatherGateFacts(context)), context);
  throwOnClosed(gates, context);
  const { ledger, config, signal } = context;
  const validation = ledger.state.lastFullValidation!;
  await ledger.append({
    kind: 'cut-over',
    record: {
      keyspace: config.source.keyspace,
      drainNonce: ledger.state.drain!.nonce,
      gates: gates.map(({ gate, reason }) => ({ gate, reason })),
      validatedAtMicros: validation.finishedAtMicros,
      rows: validation.tables.reduce((sum, table) => sum + table.sourceRows, 0n),
    },
  });
  await ledger.refresh(signal);
  return `${gates.length} open`;
}

/** Workers end by themselves when they read of the cutover; this machine's are waited for. */
async function stopWorkers(context: PhaseContext): Promise<string> {
  const workers = localWorkers(context);
  for (const worker of workers) await context.localShell.stop(worker, context.signal);
  return `${workers.length} ended`;
}
