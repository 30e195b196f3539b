import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { getPriority } from 'node:os';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';

const module = new URL('../../src/adapters/yield-to-others.ts', import.meta.url).href;
const hasGroups = existsSync('/proc/self/autogroup');
if (!hasGroups) process.stderr.write('SKIPPED: this kernel has no autogroups\n');

/** The group of a process that has yielded, in a session of its own. */
async function groupOf(niceness: number): Promise<string> {
  const script = `
    const { yieldToOthers } = await import('${module}');
    await yieldToOthers();
    await yieldToOthers();
    process.stdout.write((await import('node:fs')).readFileSync('/proc/self/autogroup', 'utf8'));`;
  const nice = ['-n', `${niceness}`, process.execPath, '--input-type=module', '-e', script];
  const { stdout, stderr } = spawn('nice', nice, { detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  expect(await text(stderr)).toBe('');
  return (await text(stdout)).trimEnd();
}

test.skipIf(!hasGroups)('the session of a niced process becomes as nice as the process', async () => {
  expect(await groupOf(7)).toMatch(new RegExp(` nice ${getPriority() + 7}$`));
});

test.skipIf(!hasGroups || getPriority() > 0)('the session of any other process is left alone', async () => {
  expect(await groupOf(0)).toMatch(/ nice 0$/);
});
