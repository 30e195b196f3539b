import type { LetterStatus } from '../model/letter-status.ts';

/** A line a letter. */
export function lettersText(letters: readonly LetterStatus[]): string {
  if (letters.length === 0) return 'no dead letters\n';
  return letters.map(({ id, state, table, reason }) => `${id} ${state.padEnd(8)} ${table}: ${reason}\n`).join('');
}

/** Everything that is known of one. */
export function letterText(letter: LetterStatus): string {
  const { settledBecause, event, clustering, ...facts } = letter;
  const key = [letter.partitionKey, ...clustering].map((value) => `0x${value}`).join(' / ');
  const lines = [
    `dead letter ${facts.id}: ${facts.state}${settledBecause === undefined ? '' : `: ${settledBecause}`}`,
    `table: ${facts.table}`,
    `key: ${letter.partitionKey === '' ? 'unknown' : key}`,
    `error: ${facts.errorClass}: ${facts.reason}`,
    `attempts: ${facts.attempts}, the first at ${facts.firstAt}, the last at ${facts.lastAt}`,
    `from: ${facts.origin}`,
    ...(event ? [`change event: ${event.payload.length / 2} bytes; --json shows them`] : []),
  ];
  return `${lines.join('\n  ')}\n`;
}
