import { type FoundLetter, readLetters } from '../apply/dead-letters.ts';
import { OperatorError } from '../errors.ts';
import { outlineChange } from '../feeds/outline-change.ts';
import { tokenOf, topicPartitionOf } from '../model/token.ts';
import { parkedTopic } from '../model/topics.ts';
import type { LetterSettlement } from '../state/ledger-event.ts';
import { hasLeft } from '../state/migration-state.ts';
import { encodeParked, type ParkedEntry } from '../stream/parked-codec.ts';
import { readChangeEvent } from '../stream/read-change-event.ts';
import { isOpenLetter } from './open-letters.ts';
import type { LedgerContext } from './phase-context.ts';
import { handOverOf } from './start-source.ts';

/** Letters of these ids, or all open ones. Throws OperatorError for an id that no letter has. */
export async function findLetters(
  { bus, ledger, signal }: LedgerContext,
  ids: readonly string[] | 'open',
): Promise<readonly FoundLetter[]> {
  const letters = await readLetters(bus, signal);
  const state = await ledger.refresh(signal);
  if (ids === 'open') return [...letters.values()].filter((letter) => isOpenLetter(letter, state));
  const unknown = ids.filter((id) => !letters.has(id));
  if (unknown.length > 0)
    throw new OperatorError({
      expected: 'the id of a dead letter',
      found: unknown.join(', '),
      next: 'cdcmig dead-letters list --all names them',
    });
  return ids.map((id) => letters.get(id)!);
}

/**
 * Gives letters back to the workers of their partitions, as changes that come late: what was refused is decided anew, and a
 * row of the snapshot is read again. First they stand on the parked topic, which keeps the cutover from happening, then
 * they are settled: a crash between the two replays twice, and that is harmless. One that is refused once more is open again.
 */
export async function replayLetters(letters: readonly FoundLetter[], context: LedgerContext): Promise<void> {
  const { bus, signal } = context;
  const entries = letters.map((letter) => parkedLetter(letter, context));
  for (const { partition, entry } of entries) {
    const publisher = await bus.publisher(parkedTopic(partition), {}, signal);
    try {
      await publisher.publish(encodeParked(entry));
    } finally {
      await publisher.close();
    }
  }
  await settle(letters, { how: 'replayed', reason: 'replayed by the operator' }, context);
}

/** The operator's word that nothing is lost by them; the validation of the cutover compares their rows all the same. */
export function dropLetters(letters: readonly FoundLetter[], reason: string, context: LedgerContext): Promise<void> {
  return settle(letters, { how: 'dropped', reason }, context);
}

async function settle(
  letters: readonly FoundLetter[],
  how: Pick<LetterSettlement, 'how' | 'reason'>,
  { ledger, signal }: LedgerContext,
): Promise<void> {
  if (letters.length === 0) return;
  const settlement = { ...how, letters: letters.map(({ id, attempts }) => ({ id, attempts })) };
  await ledger.append({ kind: 'letters-settled', settlement });
  await ledger.refresh(signal);
}

interface PlacedEntry {
  readonly partition: number;
  readonly entry: ParkedEntry;
}

function parkedLetter(letter: FoundLetter, context: LedgerContext): PlacedEntry {
  const { ledger, clock } = context;
  const record = handOverOf(ledger.state.handOver);
  const parkedAtMicros = clock.nowMicros();
  const reason = `dead letter ${letter.id} is replayed`;
  const partitionOf = (key: Buffer) => topicPartitionOf(tokenOf(key), record.changesPartitions);
  // Whatever lane of its table: there all is read again, and no lane knows more of a row than another.
  const laneOf = (tableId: string, key: Buffer) =>
    record.datastax ? record.datastax.lanes.findIndex((lane) => lane.tableId === tableId) : partitionOf(key);
  const named = record.tables.find(({ name }) => name === letter.table);
  if (named && hasLeft(ledger.state, named.name)) throw notReplayable(letter, 'its table has left the migration');
  const event = letter.message && readChangeEvent(letter.message);
  if (event?.kind === 'record') {
    const outline = outlineChange(event);
    const table = named ?? record.tables.find(({ id }) => id === outline?.firstTableId);
    if (!outline || !table) throw notReplayable(letter, 'its record is of no table of this migration');
    const entry = { tableId: table.id, reason, parkedAtMicros, isWhole: named === undefined, event };
    return { partition: partitionOf(outline.partitionKey), entry: { kind: 'change', ...entry } };
  }
  if (!named || letter.partitionKey === '') throw notReplayable(letter, 'it names no row');
  const partitionKey = Buffer.from(letter.partitionKey, 'hex');
  const clustering = letter.clustering.map((value) => Buffer.from(value, 'hex'));
  const entry = { tableId: named.id, reason, parkedAtMicros, partitionKey, clustering };
  return { partition: laneOf(named.id, partitionKey), entry: { kind: 'row', ...entry } };
}

function notReplayable({ id }: FoundLetter, found: string): OperatorError {
  return new OperatorError({
    expected: `dead letter ${id} to be one that can be replayed`,
    found,
    next: `cdcmig dead-letters drop ${id} --reason '…', and look at the rows with cdcmig validate`,
  });
}
