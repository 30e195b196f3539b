/**
 * The sink as processes of their own between a real broker and a real target: changes a second, what they cost, and how long
 * a change takes. Run: node bench/sink.ts [--sandbox FOLDER] [--only throughput,lag] [--changes 100000,600000]
 * With --target-delay 20, what a worker sends reaches the target that many milliseconds later, as where the target is elsewhere.
 * With --target none a write is done without being sent: what broker and worker do, as for a backlog of millions.
 * With --lost-answers 1, of a hundred writes one is done and never answered, which a worker learns after two seconds.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { startSandbox } from '../src/sandbox/start-sandbox.ts';
import { addLatencies, type LatencyCounts, percentile } from '../src/stream/latency.ts';
import { readProgress } from '../src/stream/read-progress.ts';
import { benchNode } from './sink/order-record.ts';
import { openSinkWorld, type SinkWorld } from './sink/sink-world.ts';
import { type SinkProcess, startSinkProcess } from './sink/start-sink-process.ts';
import { openSandbox } from './support/open-sandbox.ts';

const { values: args } = parseArgs({
  options: {
    sandbox: { type: 'string' },
    only: { type: 'string', default: 'throughput,lag' },
    changes: { type: 'string', default: '300000' },
    workers: { type: 'string', default: '1,2,4' },
    rate: { type: 'string', default: '5000' },
    seconds: { type: 'string', default: '30' },
    'writes-in-flight': { type: 'string', default: '256' },
    target: { type: 'string', default: 'cassandra' },
    // Milliseconds.
    'target-delay': { type: 'string', default: '0' },
    // Of a hundred.
    'lost-answers': { type: 'string', default: '0' },
  },
});
const { sandbox, close } = await openSandbox(args.sandbox, (dir) =>
  startSandbox({ dir, cassandra: '5.0', nodes: 1, isFast: true }),
);

try {
  if (isWanted('throughput'))
    for (const count of args.workers.split(','))
      for (const changes of args.changes.split(','))
        await inWorld((world) => reportThroughput(world, Number(count), Number(changes)));
  if (isWanted('lag')) await inWorld((world) => reportLag(world, 1));
} finally {
  await close();
}

function isWanted(name: string): boolean {
  return args.only.split(',').includes(name);
}

async function inWorld(report: (world: SinkWorld) => Promise<void>): Promise<void> {
  const world = await openSinkWorld(sandbox, {
    writesInFlight: Number(args['writes-in-flight']),
    lostAnswers: Number(args['lost-answers']) / 100,
    targetDelayMs: Number(args['target-delay']),
    isTargetLeftOut: args.target === 'none',
  });
  try {
    await report(world);
  } finally {
    await world.close();
  }
}

/** A backlog that is all there when the workers come; measured from when each of them has taken partitions. */
async function reportThroughput(world: SinkWorld, workers: number, changes: number): Promise<void> {
  for (let from = 0; from < changes; from += 10_000) await world.publish(from, Math.min(changes, from + 10_000));
  const allEntries = await world.backlogEntries();
  const sinks = startSinks(world, workers);
  try {
    await untilAllHavePartitions(sinks);
    const cpuBefore = sum(sinks.map((sink) => sink.cpuSeconds()));
    const began = performance.now();
    const measured = (changes * (await world.backlogEntries())) / allEntries;
    await untilDrained(world, sinks);
    const tookSeconds = (performance.now() - began) / 1000;
    const cpuSeconds = sum(sinks.map((sink) => sink.cpuSeconds())) - cpuBefore;
    const peak = peakOf(sinks);
    await throwOnLoss(world, sinks, changes);
    say(
      `${workers} workers, a backlog of ${changes}: ${Math.round(measured / tookSeconds)} changes/s, ` +
        `${((cpuSeconds * 1e6) / measured).toFixed(1)} CPU s a million, peak ${peak.toFixed(0)} MB each`,
    );
  } finally {
    await Promise.all(sinks.map((sink) => sink.stop()));
  }
}

/** From a change's write time to its confirmation by the target and its acknowledgement, at a steady rate. */
async function reportLag(world: SinkWorld, workers: number): Promise<void> {
  const [perSecond, seconds] = [Number(args.rate), Number(args.seconds)];
  const sinks = startSinks(world, workers);
  try {
    await untilAllHavePartitions(sinks);
    await publishSteadily(world, perSecond, seconds);
    while ((await world.backlogEntries()) > 0) await sleep(100);
    // Workers tell their counts once a second.
    await sleep(2_500);
    const counts = await latencies(world);
    const shares = [0.5, 0.95, 0.99].map((share) => `p${share * 100} ${percentile(counts, share)} ms`);
    const peak = peakOf(sinks);
    say(
      `lag at ${perSecond} changes/s, ${workers} worker, ${seconds} s, ${args['lost-answers']} % of answers lost: ` +
        `${shares.join(', ')}, peak ${peak.toFixed(0)} MB`,
    );
  } finally {
    await Promise.all(sinks.map((sink) => sink.stop()));
  }
}

async function untilAllHavePartitions(sinks: readonly SinkProcess[]): Promise<void> {
  await Promise.all(sinks.map(({ ready }) => ready));
  while (sinks.some(({ firstTakenMs }) => firstTakenMs === undefined)) await sleep(50);
}

/** A long drain says every minute what is left, and the most memory of a process until then. */
async function untilDrained(world: SinkWorld, sinks: readonly SinkProcess[]): Promise<void> {
  const began = performance.now();
  for (let minutes = 1, left = 1; left > 0; await sleep(100)) {
    left = await world.backlogEntries();
    if (performance.now() - began < minutes * 60_000) continue;
    say(`  after ${minutes++} min: ${left} entries left, peak ${peakOf(sinks).toFixed(0)} MB`);
  }
}

function peakOf(sinks: readonly SinkProcess[]): number {
  return Math.max(...sinks.map((sink) => sink.peakMegabytes()));
}

async function publishSteadily(world: SinkWorld, perSecond: number, seconds: number): Promise<void> {
  const began = performance.now();
  let published = 0;
  const inFlight: Promise<void>[] = [];
  while (published < perSecond * seconds) {
    const due = Math.min(perSecond * seconds, Math.floor(((performance.now() - began) / 1000) * perSecond));
    if (due > published) inFlight.push(world.publish(published, due));
    published = Math.max(published, due);
    await sleep(5);
  }
  await Promise.all(inFlight);
}

async function latencies({ bus, partitions }: SinkWorld): Promise<LatencyCounts> {
  const nowMicros = BigInt(Date.now()) * 1000n;
  const position = await readProgress({ bus, partitionCount: partitions, nodes: [benchNode], nowMicros });
  return [...position.partitions.values()].map(({ latency }) => latency).reduce(addLatencies, {});
}

async function throwOnLoss(world: SinkWorld, sinks: readonly SinkProcess[], changes: number): Promise<void> {
  const rows = args.target === 'none' ? await appliedChanges(world) : await world.rowsOnTarget();
  const letters = sum(sinks.map(({ deadLetters }) => deadLetters));
  if (rows !== changes || letters > 0) throw new Error(`${rows} rows of ${changes} changes, ${letters} dead letters`);
}

/** As the workers tell it, once a second. */
async function appliedChanges(world: SinkWorld): Promise<number> {
  await sleep(2_500);
  return sum(Object.values(await latencies(world)));
}

function startSinks(world: SinkWorld, count: number): readonly SinkProcess[] {
  return Array.from({ length: count }, (_, at) => startSinkProcess(world.settingsOf(`sink-${at}`), world.folder));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
