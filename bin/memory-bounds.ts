/**
 * What Node is told of the memory of a worker, and of the phase that copies as one; nothing where the operator, through
 * NODE_OPTIONS or on the command line, has said it, and nothing for commands that end soon.
 */
export function memoryBounds(argv: readonly string[], said: readonly string[]): readonly string[] {
  const isSaid = said.some((word) => /--max[-_](old[-_]space|heap)[-_]size/.test(word));
  return isWorking(argv.slice(2)) && !isSaid ? bounds : [];
}

function isWorking([command, ...words]: readonly string[]): boolean {
  if (command === 'worker') return true;
  return command === 'run' && /--phase[= ]snapshot-migrate( |$)/.test(words.join(' '));
}

/**
 * Some 100 MB live in the heap at full speed (bench/sink.ts shows the peak); by Node's defaults garbage makes a multiple of it.
 * Growing by half of what lives keeps the rest small. The limit itself is far above that: it ends a worker that
 * would take the machine's memory, and the next one is given its work.
 */
const bounds = ['--max-old-space-size=768', '--max-semi-space-size=8', '--heap-growing-percent=50'];
