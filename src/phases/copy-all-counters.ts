import { copyCounters } from '../apply/copy-counters.ts';
import { createTargetWriter } from '../apply/target-writer.ts';
import type { CountedTable } from '../model/counted-table.ts';
import type { Table } from '../model/table.ts';
import { migratedTables } from './migrated-tables.ts';
import type { PhaseContext } from './phase-context.ts';

/** How long a proof that nobody has taken over lets this run write. */
const proofHoldsMicros = 5_000_000n;

/**
 * Copies the counters when nobody writes any more. There is one writer: the holder of the owner's lock, who proves every few
 * seconds that he still is. Another one, or this one again after a crash, first waits until what its forerunner had sent can
 * no longer be on its way. Then both sides are read, and what is missing is added; how often that is interrupted does not matter.
 */
export async function copyAllCounters(context: PhaseContext): Promise<string> {
  const { ledger, clock, target, report, signal } = context;
  const tables = migratedTables(ledger.state).filter((table) => table.isCounter);
  if (tables.length === 0) return 'no counter tables';
  const drainNonce = ledger.state.drain!.nonce;
  const settleMs = 2 * target.requestTimeoutMs;
  const { counters } = await ledger.refresh(signal);
  if (counters !== undefined && counters.copied === undefined) {
    report({ kind: 'waiting', reason: 'an earlier run was interrupted: what it sent may still be on its way' });
    await clock.sleep(Number(proofHoldsMicros / 1000n) + settleMs, signal);
  }
  await ledger.append({ kind: 'counters-begun', drainNonce });
  const copied: CountedTable[] = [];
  for (const table of tables) copied.push(await copyTable(table, settleMs, context));
  await ledger.append({ kind: 'counters-copied', counters: { drainNonce, tables: copied } });
  await ledger.refresh(signal);
  return copied.map(countedText).join('; ');
}

function copyTable(table: Table, settleMs: number, context: PhaseContext): Promise<CountedTable> {
  const { config, source, target, clock, report, signal } = context;
  const { writesInFlight: maxInFlight } = config.workers;
  return copyCounters(table, {
    source,
    target,
    writer: createTargetWriter({ target, clock, report, maxInFlight }),
    clock,
    keyspace: config.target.keyspace,
    settleMs,
    proveSoleWriter: provenLately(context),
    signal,
  });
}

/** One proof serves all writes of the next seconds. */
function provenLately({ proveOwner, clock }: PhaseContext): () => Promise<void> {
  let provedAtMicros = 0n;
  let proving: Promise<void> | undefined;
  const prove = async () => {
    const askedAtMicros = clock.nowMicros();
    try {
      await proveOwner();
      provedAtMicros = askedAtMicros;
    } finally {
      proving = undefined;
    }
  };
  return async () => {
    while (clock.nowMicros() - provedAtMicros > proofHoldsMicros) {
      proving ??= prove();
      await proving;
    }
  };
}

function countedText({ table, rows, equal, changed, removed, lostAnswers }: CountedTable): string {
  const more = [
    ...(removed > 0 ? [`${removed} of them removed`] : []),
    ...(lostAnswers > 0 ? [`${lostAnswers} lost answers looked at`] : []),
  ];
  return `${table}: ${rows} rows = ${changed} written + ${equal} equal before${more.map((text) => `, ${text}`).join('')}`;
}
