/**
 * The agent as a process of its own between a real node and a real broker: how long a change takes, how many it publishes a
 * second, and what it costs. Run: node bench/agent.ts [--sandbox FOLDER | --compressor CLASS] [--only lag,backlog,keeping-up] [--rate N] [--pace N] …
 */
import { parseArgs } from 'node:util';
import { type BenchWorld, openWorld, startBenchNode } from './agent/bench-world.ts';
import { measureBacklog } from './agent/measure-backlog.ts';
import { measureKeepingUp } from './agent/measure-keeping-up.ts';
import { measureLag } from './agent/measure-lag.ts';
import { openSandbox } from './support/open-sandbox.ts';

const { values: args } = parseArgs({
  options: {
    sandbox: { type: 'string' },
    /** Of the log of a sandbox of its own: LZ4Compressor, SnappyCompressor, DeflateCompressor or ZstdCompressor. */
    compressor: { type: 'string' },
    only: { type: 'string', default: 'lag,backlog,keeping-up' },
    mutations: { type: 'string', default: '1000000' },
    rate: { type: 'string', default: '500' },
    /** Writes a second to keep up with; 0: as many as the machine can. */
    pace: { type: 'string', default: '20000' },
    seconds: { type: 'string', default: '30' },
    /** For a profiler: options of Node for the agent, separated by blanks. */
    'node-options': { type: 'string', default: '' },
  },
});
const nodeOptions = args['node-options'].split(' ').filter((option) => option !== '');
const [mutations, perSecond, seconds] = [Number(args.mutations), Number(args.rate), Number(args.seconds)];
const pace = Number(args.pace) || undefined;
const { sandbox, close } = await openSandbox(args.sandbox, (dir) => startBenchNode(dir, args.compressor));

try {
  if (isWanted('lag')) for (const mode of ['commitlog', 'cdc'] as const) await inWorld(mode, reportLag);
  if (isWanted('backlog')) await inWorld('commitlog', reportBacklog);
  if (isWanted('keeping-up')) await inWorld('commitlog', reportKeepingUp);
} finally {
  await close();
}

function isWanted(name: string): boolean {
  return args.only.split(',').includes(name);
}

async function inWorld(mode: 'commitlog' | 'cdc', report: (world: BenchWorld) => Promise<void>): Promise<void> {
  const world = await openWorld(sandbox, mode);
  try {
    await report(world);
  } finally {
    await world.close();
  }
}

async function reportLag(world: BenchWorld): Promise<void> {
  const { p50, p95, p99, max, writes } = await measureLag(world, { perSecond, seconds }, nodeOptions);
  const figures = Object.entries({ p50, p95, p99, max }).map(([name, ms]) => `${name} ${ms.toFixed(0)} ms`);
  say(`lag, ${world.settings.mode} mode, ${writes} writes at ${perSecond}/s: ${figures.join(', ')}`);
}

async function reportBacklog(world: BenchWorld): Promise<void> {
  const found = await measureBacklog(world, mutations, nodeOptions);
  const { seconds: took, cpuSeconds, peakMegabytes, repeats } = found;
  say(
    `backlog of ${mutations} mutations: ${Math.round(mutations / took)} mutations/s, ` +
      `${((cpuSeconds * 1e6) / mutations).toFixed(1)} CPU s a million, peak ${peakMegabytes.toFixed(0)} MB, ${repeats} repeats`,
  );
}

async function reportKeepingUp(world: BenchWorld): Promise<void> {
  const found = await measureKeepingUp(world, { perSecond: pace, seconds }, nodeOptions);
  const { writesPerSecond, lagSeconds, catchUpSeconds, cpuSeconds, peakMegabytes } = found;
  const cores = cpuSeconds / (seconds + catchUpSeconds);
  say(
    `keeping up with ${Math.round(writesPerSecond)} writes/s for ${seconds} s: watermarks ` +
      `${lagSeconds.map((lag) => lag.toFixed(1)).join(', ')} s old, caught up ${catchUpSeconds.toFixed(1)} s after the last write, ` +
      `${cores.toFixed(2)} cores, peak ${peakMegabytes.toFixed(0)} MB`,
  );
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
