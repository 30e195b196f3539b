import { nodesUp } from '../checks/node-checks.ts';
import { partitioners } from '../checks/partitioners.ts';
import { unexpectedExpiry } from '../checks/sample-checks.ts';
import { hiddenColumns } from '../checks/target-checks.ts';
import { copyingOf } from '../config/table-copying.ts';
import { BooksError, OperatorError } from '../errors.ts';
import type { CopiedSplit, Split } from '../model/split.ts';
import type { Table } from '../model/table.ts';
import { holdWholeRing } from '../model/token.ts';
import { planSplits, usualSizing } from '../snapshot/plan-splits.ts';
import { publishSplits } from '../snapshot/publish-splits.ts';
import { hasLeft, type MigrationState } from '../state/migration-state.ts';
import { runCopyWorker } from './copy-worker.ts';
import { migratedTables } from './migrated-tables.ts';
import type { Phase } from './phase.ts';
import type { PhaseContext } from './phase-context.ts';
import { sideBySide } from './side-by-side.ts';
import { untilState } from './until-state.ts';

/** A ledger event is one message; a plan of many thousand splits is written in several. */
const splitsAnEvent = 1_000;

/** Copies the rows that are there, split by split, with whatever workers are there to share the work. */
export const snapshotMigrate: Phase = {
  name: 'snapshot-migrate',
  needs: ['start-source'],
  checks: [nodesUp, hiddenColumns, partitioners, unexpectedExpiry],
  steps: [
    {
      title: 'target tables',
      async run({ plan, target, signal }) {
        await target.define(plan.definitions, signal);
        return plan.ddl.length === 0 ? 'are there' : `${plan.ddl.length} created`;
      },
    },
    { title: 'splits', run: queueSplits },
    { title: 'copy', run: copyUntilDone },
  ],
  async confirm({ ledger, signal }) {
    const state = await ledger.refresh(signal);
    throwOnMissingSplits(state);
    return summaryOf([...state.copied.values()]);
  },
};

/** The ledger's splits are the plan; a run that died after deciding them and before queueing them goes on with the same. */
async function queueSplits(context: PhaseContext): Promise<string> {
  const { ledger, bus, signal } = context;
  await decideSplits(await ledger.refresh(signal), context);
  const splits = [...(await ledger.refresh(signal)).splits.values()];
  const { published, present } = await publishSplits({
    bus,
    splits,
    isCopied: (id) => ledger.state.copied.has(id),
    signal,
  });
  return `${splits.length} planned, ${published} queued, ${present} there before`;
}

/**
 * Of each table that the ledger's splits do not hold whole: of all of them as a rule, and of some where a run died between two
 * events of its splits. It had queued none by then, so a stretch that both plans have is copied twice at worst.
 */
async function decideSplits(state: MigrationState, { ledger, source, config, signal }: PhaseContext): Promise<void> {
  const rangesOf = ({ id }: Table) =>
    [...state.splits.values()].flatMap((each) => (each.tableId === id ? each.range : []));
  const tables = snapshotTables(state).filter((table) => !holdWholeRing(rangesOf(table)));
  if (tables.length === 0) return;
  const sized = await Promise.all(
    tables.map(async (table) => ({
      table,
      estimate: await source.sizeEstimate(table, signal),
      order: copyingOf(table.name, config).order,
    })),
  );
  const ring = (await source.nodes(signal)).flatMap((node) => node.tokens);
  const splits = planSplits(sized, ring, { ...usualSizing, bytesPerSplit: config.snapshot.bytesPerSplit });
  for (let at = 0; at < splits.length; at += splitsAnEvent)
    await ledger.append({ kind: 'splits-planned', splits: splits.slice(at, at + splitsAnEvent) });
}

/** Counters carry no timestamps: the cutover copies them, when nobody writes any more. */
function snapshotTables(state: MigrationState): readonly Table[] {
  return migratedTables(state).filter((table) => !table.isCounter);
}

async function copyUntilDone(context: PhaseContext): Promise<string> {
  const done = new AbortController();
  await sideBySide(
    context.signal,
    async (signal) => {
      await untilState({ ...context, signal }, (state) => missingSplits(state).length === 0);
      done.abort();
    },
    (signal) => runCopyWorker({ ...context, signal }, done.signal),
  );
  return summaryOf([...context.ledger.state.copied.values()]);
}

/** Nobody copies splits of a table that has left the migration. */
function missingSplits(state: MigrationState): readonly Split[] {
  return [...state.splits.values()].filter((split) => !state.copied.has(split.id) && !hasLeft(state, split.table));
}

function throwOnMissingSplits(state: MigrationState): void {
  const missing = missingSplits(state);
  if (missing.length === 0 && (state.splits.size > 0 || snapshotTables(state).length === 0)) return;
  const found = state.splits.size === 0 ? 'no splits' : `${missing.length} that are not: ${missing[0]!.id} and others`;
  throw new OperatorError({ expected: 'every split to be copied', found, next: 'repeat the command' });
}

function summaryOf(copied: readonly CopiedSplit[]): string {
  const sum = (rows: (split: CopiedSplit) => bigint) => copied.reduce((total, split) => total + rows(split), 0n);
  const [read, written, superseded, dead] = [
    sum((split) => split.readRows),
    sum((split) => split.writtenRows),
    sum((split) => split.supersededRows),
    sum((split) => split.deadLetteredRows),
  ];
  if (read !== written + superseded + dead)
    throw new BooksError(`snapshot: ${read} rows read, ${written} + ${superseded} + ${dead} accounted for`);
  return `${read} rows read = ${written} written + ${superseded} superseded + ${dead} dead letters, in ${copied.length} splits`;
}
