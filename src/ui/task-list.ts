import { Listr } from 'listr2';
import type { ProgressEvent } from '../events.ts';
import type { PhaseName } from '../model/phase.ts';
import { eventText } from './event-text.ts';
import type { Screen } from './screen.ts';

/** A phase's steps as rows that fill in; what happens inside a step is shown under its row. */
export function taskList(): Screen {
  let phase: ShownPhase | undefined;
  // Lines outside a step would break the drawing: they come when it has ended.
  const summary: string[] = [];
  return {
    report(event: ProgressEvent) {
      if (event.kind === 'phase-started') phase = showPhase(event.phase, event.steps);
      else if (event.kind === 'step-finished') phase?.finish(event.step, event.note);
      else if (event.kind !== 'step-started') tell(event);
    },
    async close() {
      await phase?.end();
      for (const line of summary) process.stderr.write(`${line}\n`);
    },
  };

  function tell(event: ProgressEvent): void {
    const text = eventText(event);
    if (text === undefined) return;
    if (event.kind === 'phase-finished' || !phase?.tell(text)) summary.push(text);
  }
}

interface ShownPhase {
  finish(step: string, note: string | undefined): void;
  /** Shown under the step in hand; false where none is drawn: before the first, and from the last one on. */
  tell(text: string): boolean;
  end(): Promise<void>;
}

interface Row {
  readonly title: string;
  readonly done: PromiseWithResolvers<void>;
  /** Once it is drawn. */
  show: ((text: string) => void) | undefined;
  rename: (title: string) => void;
}

function showPhase(phase: PhaseName, steps: readonly string[]): ShownPhase {
  const rows = steps.map((title): Row => ({ title, done: Promise.withResolvers(), show: undefined, rename: () => {} }));
  // A run that fails leaves rows unfinished; they are ended by `end`, and that is no rejection of ours.
  for (const row of rows) row.done.promise.catch(() => {});
  const list = new Listr(
    rows.map((row) => ({
      title: `${phase}: ${row.title}`,
      rendererOptions: { bottomBar: 8, persistentOutput: true },
      task: async (_context, task) => {
        row.show = (text) => {
          task.output = text;
        };
        row.rename = (title) => {
          task.title = title;
        };
        await row.done.promise;
      },
    })),
    { concurrent: false, exitOnError: true },
  );
  const drawn = list.run().catch(() => {});
  const current = () => rows.find((row) => !finished.has(row.title));
  const finished = new Set<string>();
  return {
    finish(step, note) {
      const row = rows.find((candidate) => candidate.title === step);
      if (!row) return;
      finished.add(step);
      if (note) row.rename(`${phase}: ${step}: ${note}`);
      row.done.resolve();
    },
    tell(text) {
      const row = current();
      row?.show?.(text);
      return row?.show !== undefined;
    },
    async end() {
      for (const row of rows) if (!finished.has(row.title)) row.done.reject(new Error('not finished'));
      await drawn;
    },
  };
}
