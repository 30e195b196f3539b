import { type FoundLetter, readLetters } from '../apply/dead-letters.ts';
import { instantText } from '../model/instant-text.ts';
import type { LetterStatus } from '../model/letter-status.ts';
import type { MessageBus } from '../ports/message-bus.ts';
import type { MigrationState } from '../state/migration-state.ts';

type Settled = Pick<MigrationState, 'settledLetters'>;

/** Letters that were neither replayed nor dropped, or have come once more since. */
export async function openLetters(
  bus: MessageBus,
  state: Settled,
  signal?: AbortSignal,
): Promise<readonly FoundLetter[]> {
  return [...(await readLetters(bus, signal)).values()].filter((letter) => isOpenLetter(letter, state));
}

export function isOpenLetter({ id, attempts }: FoundLetter, { settledLetters }: Settled): boolean {
  return attempts > (settledLetters.get(id)?.attempts ?? 0);
}

export function letterStatus(letter: FoundLetter, state: Settled): LetterStatus {
  const { message, firstAtMicros, lastAtMicros, ...facts } = letter;
  const settled = isOpenLetter(letter, state) ? undefined : state.settledLetters.get(letter.id);
  return {
    ...facts,
    state: settled?.how ?? 'open',
    settledBecause: settled?.reason,
    firstAt: instantText(firstAtMicros),
    lastAt: instantText(lastAtMicros),
    event: message && { properties: message.properties, payload: message.payload.toString('hex') },
  };
}
