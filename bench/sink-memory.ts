/**
 * What a worker's memory comes to while it applies a backlog, alone: what it is given and what it writes to cost no time.
 * Run: node bench/sink-memory.ts [CHANGES] [live]
 * With `live` all garbage is collected before each line, which tells what of it is in use; the peak is then lower than by itself.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { memoryBounds } from '../bin/memory-bounds.ts';

/** As `cdcmig worker` has them. */
const bounds = memoryBounds(['node', 'cdcmig', 'worker'], []);
const program = fileURLToPath(new URL('./sink/drain-endless.ts', import.meta.url));
const { status } = spawnSync(
  process.execPath,
  [...bounds, program, process.argv[2] ?? '1600000', process.argv[3] ?? ''],
  {
    stdio: 'inherit',
  },
);
process.exitCode = status ?? 1;
