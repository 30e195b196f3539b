import type { Clock } from '../ports/clock.ts';
import type { AgentPosition } from './agent-position.ts';
import { writePosition } from './position-file.ts';
import type { Progress } from './progress.ts';

export interface ProgressSaver {
  /** Saves if something changed and the last save is not too recent. Does not wait; a failure is thrown by the next `saveNow`. */
  saveSometimes(): void;
  /** Resolves once everything up to now is saved. */
  saveNow(): Promise<void>;
}

/** Saves an agent's progress in its folder; `onSaved` may then let go of what the saved position no longer needs. */
export function progressSaver(
  folder: string,
  progress: Progress,
  { clock, onSaved }: { readonly clock: Clock; readonly onSaved: (saved: AgentPosition) => Promise<void> },
): ProgressSaver {
  let saved = -1;
  let nextMicros = 0n;
  let last: Promise<void> = Promise.resolve();

  async function save(): Promise<void> {
    const { changes, position } = progress;
    if (changes === saved) return;
    await writePosition(folder, position);
    saved = changes;
    await onSaved(position);
  }

  function saveNow(): Promise<void> {
    // One behind the other: two writers would fight over the file beside.
    last = last.catch(() => {}).then(save);
    nextMicros = clock.nowMicros() + cadenceMicros;
    return last;
  }

  function saveSometimes(): void {
    // A failed save leaves `saved` behind; the watermark's save of each second meets the same fault and throws it.
    if (progress.changes !== saved && clock.nowMicros() >= nextMicros) saveNow().catch(() => {});
  }

  return { saveNow, saveSometimes };
}

/** What a crash repeats at most, against an fsync each. */
const cadenceMicros = 250_000n;
