import { OperatorError } from '../errors.ts';
import { planSchemaChange } from '../plan/schema-change.ts';
import type { TablePause } from '../state/ledger-event.ts';
import { decisionsOf, type MigrationState } from '../state/migration-state.ts';
import type { SchemaFollower } from '../stream/schema-follower.ts';
import type { WorkerContext } from './phase-context.ts';
import type { TableRules } from './table-rules.ts';

const lookEveryMs = 1_000;

/**
 * Follows the schema topic, and writes into the ledger which tables wait for a decision. Several workers write the same;
 * the stream itself does not ask the ledger but each worker's own rules.
 */
export async function watchSchema(
  context: WorkerContext,
  schema: SchemaFollower,
  rules: TableRules,
  stop: AbortSignal,
): Promise<void> {
  const { ledger, clock, report } = context;
  const seen = new Set<string>();
  while (!stop.aborted) {
    try {
      await schema.catchUp(stop);
      learnDecisions(ledger.state, schema);
      await tellPauses(context, rules, seen);
    } catch (error) {
      if (stop.aborted) return;
      if (!(error instanceof OperatorError)) throw error;
      report({ kind: 'waiting', reason: `the source's schema cannot be followed: ${error.message}` });
    }
    await clock.sleep(lookEveryMs, stop).catch(() => {});
  }
}

/** What the operator saw when he decided is newer than what the log may have told by now. */
export function learnDecisions({ schemaDecisions }: MigrationState, schema: SchemaFollower): void {
  for (const { decision } of schemaDecisions.values())
    if (decision.action !== 'stop') schema.learn(decision.schema, decision.readAtMicros);
}

async function tellPauses(
  { ledger, config, report, signal }: WorkerContext,
  rules: TableRules,
  seen: Set<string>,
): Promise<void> {
  const { state } = ledger;
  const differences = rules.differences();
  for (const [table, found] of differences) {
    seen.add(table);
    const decisionsKnown = decisionsOf(state, table);
    const pause: TablePause = {
      table,
      ...planSchemaChange({ name: table }, found, config.target.keyspace),
      decisionsKnown,
    };
    if (isTold(state.pauses.get(table), pause)) continue;
    report({ kind: 'warning', text: `table ${table} is paused: ${pause.differences.join('; ')}` });
    await ledger.append({ kind: 'table-paused', pause });
  }
  for (const table of seen) {
    if (differences.has(table)) continue;
    // Who has not seen it change cannot say that it is as it was: he may only not have read so far.
    seen.delete(table);
    if (state.pauses.has(table)) await ledger.append({ kind: 'table-resumed', table });
  }
  await ledger.refresh(signal);
}

function isTold(told: TablePause | undefined, pause: TablePause): boolean {
  return told?.differences.join() === pause.differences.join();
}
