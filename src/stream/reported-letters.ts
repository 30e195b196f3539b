import type { DeadLetters } from '../apply/dead-letters.ts';
import type { Report } from '../events.ts';

/** Dead letters that are told to whoever watches, once they are stored. */
export function reportedLetters(parts: {
  readonly deadLetters: DeadLetters;
  readonly report: Report;
}): Pick<DeadLetters, 'add'> {
  return {
    async add(letter) {
      await parts.deadLetters.add(letter);
      parts.report({ kind: 'dead-letter', table: letter.table, reason: letter.reason });
    },
  };
}
