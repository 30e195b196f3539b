import type { Report } from '../events.ts';
import { jsonLines } from './json-lines.ts';
import { plainLines } from './plain-lines.ts';
import { taskList } from './task-list.ts';

/** Where events are shown. */
export interface Screen {
  readonly report: Report;
  /** Ends what is still being drawn; an error that ended the run is printed by the process, after this. */
  close(): Promise<void>;
}

export interface ScreenOptions {
  readonly json: boolean;
  readonly isTerminal: boolean;
}

/** JSON lines on stdout where asked for, a task list on a terminal, plain lines on stderr elsewhere. */
export function openScreen({ json, isTerminal }: ScreenOptions): Screen {
  if (json) return jsonLines((text) => process.stdout.write(text));
  return isTerminal ? taskList() : plainLines((text) => process.stderr.write(text));
}
