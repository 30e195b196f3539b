import { type FoundLetter, readLetters } from '../apply/dead-letters.ts';
import type { MessageBus } from '../ports/message-bus.ts';
import type { MigrationState } from '../state/migration-state.ts';

/** Letters that were neither replayed nor dropped, or have come once more since. */
export async function openLetters(
  bus: MessageBus,
  state: Pick<MigrationState, 'settledLetters'>,
  signal?: AbortSignal,
): Promise<readonly FoundLetter[]> {
  return [...(await readLetters(bus, signal)).values()].filter((letter) => isOpenLetter(letter, state));
}

function isOpenLetter(
  { id, attempts }: Pick<FoundLetter, 'id' | 'attempts'>,
  { settledLetters }: Pick<MigrationState, 'settledLetters'>,
): boolean {
  return attempts > (settledLetters.get(id)?.attempts ?? 0);
}
