import { setImmediate } from 'node:timers/promises';
import { afterEach, expect, test, vi } from 'vitest';
import { taskList } from '../../src/ui/task-list.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

/** What has been written once the list has ended, by whichever stream. */
async function shown(tell: (screen: ReturnType<typeof taskList>) => void | Promise<void>): Promise<string> {
  const written: string[] = [];
  const write = (text: string | Uint8Array) => written.push(String(text)) > 0;
  vi.spyOn(process.stderr, 'write').mockImplementation(write);
  vi.spyOn(process.stdout, 'write').mockImplementation(write);
  vi.spyOn(console, 'log').mockImplementation((text) => void write(`${text}\n`));
  const screen = taskList();
  await tell(screen);
  await screen.close();
  return written.join('');
}

test('a warning during a step is shown once, under the step', async () => {
  const text = await shown(async ({ report }) => {
    report({ kind: 'phase-started', phase: 'validate', steps: ['compare'] });
    await setImmediate();
    report({ kind: 'warning', text: 'while comparing' });
    report({ kind: 'step-finished', phase: 'validate', step: 'compare' });
  });
  expect(text.split('warning: while comparing')).toHaveLength(2);
});

test('a warning while a phase looks again at what it did, or between two phases, is shown in the end', async () => {
  const text = await shown(async ({ report }) => {
    report({ kind: 'phase-started', phase: 'start-sink', steps: ['workers'] });
    await setImmediate();
    report({ kind: 'step-finished', phase: 'start-sink', step: 'workers' });
    report({ kind: 'warning', text: 'during the second look' });
    report({ kind: 'phase-finished', phase: 'start-sink', seconds: 1, summary: 'behind by 0.1 s' });
    report({ kind: 'warning', text: 'before the next phase' });
    report({ kind: 'phase-started', phase: 'cutover', steps: [] });
  });
  const lines = ['during the second look', 'start-sink: done', 'before the next phase'];
  expect(lines.map((line) => text.indexOf(line))).not.toContain(-1);
});

test('what is told before the row of a step has been drawn is shown all the same', async () => {
  const text = await shown(({ report }) => {
    report({ kind: 'phase-started', phase: 'validate', steps: ['first', 'second'] });
    report({ kind: 'warning', text: 'at once' });
    report({ kind: 'step-finished', phase: 'validate', step: 'first' });
    report({ kind: 'warning', text: 'at once again' });
    report({ kind: 'step-finished', phase: 'validate', step: 'second' });
  });
  expect(text).toContain('at once\n');
  expect(text).toContain('at once again');
});
