import type { ProgressEvent } from '../events.ts';
import type { Screen } from './screen.ts';

/** One JSON object a line: the event with its instant; numbers beyond 2^53 as decimal text. */
export function jsonLines(write: (text: string) => void): Screen {
  return {
    report(event: ProgressEvent) {
      write(`${jsonText({ at: new Date().toISOString(), ...event })}\n`);
    },
    async close() {},
  };
}

export function jsonText(value: unknown, space?: number): string {
  return JSON.stringify(value, (_, part) => (typeof part === 'bigint' ? `${part}` : part), space);
}
