import type { ProgressEvent } from '../events.ts';
import { eventText } from './event-text.ts';
import type { Screen } from './screen.ts';

/** The same line again within this time says nothing new. */
const quietMs = 30_000;
const mostRemembered = 200;

/** One dated line an event, for logs and CI. */
export function plainLines(write: (text: string) => void, now: () => number = Date.now): Screen {
  const said = new Map<string, number>();
  return {
    report(event: ProgressEvent) {
      const text = eventText(event);
      if (text === undefined || isRepeated(text)) return;
      write(`${new Date(now()).toISOString()} ${text}\n`);
    },
    async close() {},
  };

  function isRepeated(text: string): boolean {
    const last = said.get(text);
    if (last !== undefined && now() - last < quietMs) return true;
    if (said.size >= mostRemembered) said.clear();
    said.set(text, now());
    return false;
  }
}
