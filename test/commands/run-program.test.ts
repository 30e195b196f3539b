import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';

const megabyte = 2 ** 20;

/** A program of one command that writes a megabyte and then ends as `ending` says. */
function startProgram(ending: string) {
  const code = `
    import { Command } from 'commander';
    import { runProgram } from '${resolve('bin/run-program.ts')}';
    import { OperatorError } from '${resolve('src/errors.ts')}';
    const program = new Command().action(async () => {
      process.stdout.write('x'.repeat(${megabyte}));
      ${ending}
    });
    await runProgram(program);`;
  return spawn(process.execPath, ['--input-type=module', '--eval', code], { stdio: ['ignore', 'pipe', 'pipe'] });
}

test.each([
  ['well', '', 0],
  ['in a fault', "throw new OperatorError({ expected: 'a', found: 'b', next: 'c' }, { exitCode: 3 });", 3],
])('a long answer of a command that ends %s reaches a slow reader whole', async (_, ending, exitCode) => {
  const child = startProgram(ending);
  const closed = once(child, 'close');
  // The pipe fills up before anybody reads; that the command is over by then is likely and not needed.
  await sleep(500);
  let length = 0;
  child.stdout.on('data', (chunk: Buffer) => {
    length += chunk.length;
  });
  child.stderr.resume();
  expect((await closed)[0]).toBe(exitCode);
  expect(length).toBe(megabyte);
});

test('a reader that goes away does not keep the command', async () => {
  const child = startProgram('');
  const closed = once(child, 'close');
  child.stdout.destroy();
  child.stderr.resume();
  await closed;
});
