/**
 * Our reader beside Cassandra's own on the same segments at the same time: read from files, checked and decoded, on one core each. The segments
 * are those of a node that is started for it and takes random writes of every kind.
 * Run: node bench/commitlog-beside-java.ts [4.0|4.1|5.0] [CPU seconds] [statements]
 */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import type { SchemaHistory } from '../src/feeds/schema-history.ts';
import type { CassandraLine } from '../src/sandbox/sandbox-release.ts';
import { decodeMutation } from '../src/wire/commitlog/decode-mutation.ts';
import { followSegment } from '../src/wire/commitlog/follow-segment.ts';
import { recordsOf } from '../src/wire/commitlog/records.ts';
import { segmentBytesOf } from '../src/wire/commitlog/segment-bytes.ts';
import type { OracleSpeed } from '../test/oracle/commit-log-oracle.ts';
import { openOracle } from '../test/oracle/commit-log-oracle.ts';
import { startOracleNode } from '../test/oracle/oracle-node.ts';
import { proveNode } from '../test/oracle/prove-node.ts';

const line = (process.argv[2] ?? '5.0') as CassandraLine;
const seconds = Number(process.argv[3] ?? 10);
const statementsPerRound = Number(process.argv[4] ?? 20_000);

await using node = await startOracleNode(line);
for await (const { segments, home, history } of proveNode(node, { seed: 1, rounds: 1, statementsPerRound })) {
  const megabytes = (await recordBytes(segments)) / 1e6;
  say(`${megabytes.toFixed(1)} MB of records in ${segments.length} segments of Cassandra ${line}`);
  const oracle = await openOracle(node.sandbox);
  // At the same time: whatever else the machine does burdens both.
  const [theirs, ours] = await Promise.all([oracle.measure(home, segments, seconds), measureOurs(segments, history)]);
  report('cdcmig', ours, megabytes);
  report('Cassandra', theirs, megabytes);
  const ratio = (by: 'wallNanos' | 'cpuNanos') => perRound(theirs, by) / perRound(ours, by);
  say(
    `cdcmig is ${ratio('wallNanos').toFixed(2)} times as fast, ${ratio('cpuNanos').toFixed(2)} times for each second of CPU`,
  );
}

async function recordBytes(segments: readonly string[]): Promise<number> {
  let bytes = 0;
  for (const file of segments) await readSegment(file, (body) => (bytes += body.length));
  return bytes;
}

async function measureOurs(segments: readonly string[], history: SchemaHistory): Promise<OracleSpeed> {
  await readFor(seconds, segments, history);
  const cpu = process.cpuUsage();
  const began = process.hrtime.bigint();
  const counted = await readFor(seconds, segments, history);
  const wallNanos = Number(process.hrtime.bigint() - began);
  return { ...counted, wallNanos, cpuNanos: cpuSeconds(process.cpuUsage(cpu)) * 1e9 };
}

/** Seconds of CPU: on a busy machine those of the clock may hold no work at all. */
async function readFor(forSeconds: number, segments: readonly string[], { tableById }: SchemaHistory) {
  const counted = { rounds: 0, mutations: 0 };
  const cpu = process.cpuUsage();
  while (cpuSeconds(process.cpuUsage(cpu)) < forSeconds) {
    for (const file of segments) {
      await readSegment(file, (body, logVersion) => {
        decodeMutation(body, logVersion, tableById);
        counted.mutations++;
      });
    }
    counted.rounds++;
  }
  return counted;
}

function cpuSeconds({ user, system }: NodeJS.CpuUsage): number {
  return (user + system) / 1e6;
}

async function readSegment(file: string, take: (body: Buffer, logVersion: 7 | 8) => void): Promise<void> {
  const follower = followSegment(segmentBytesOf(readFileSync(file)), basename(file));
  for (let step = await follower.next(); typeof step !== 'string'; step = await follower.next()) {
    for (const { body } of recordsOf(step)) take(body, step.header.logVersion);
  }
}

function report(name: string, speed: OracleSpeed, megabytes: number): void {
  const each = (by: 'wallNanos' | 'cpuNanos') => {
    const perSecond = megabytes / (perRound(speed, by) / 1e9);
    const mutations = speed.mutations / (speed[by] / 1e9);
    return `${perSecond.toFixed(0).padStart(5)} MB ${Math.round(mutations).toString().padStart(8)} mutations`;
  };
  say(`${name.padEnd(10)} a second ${each('wallNanos')}; a second of CPU ${each('cpuNanos')}`);
}

function perRound(speed: OracleSpeed, by: 'wallNanos' | 'cpuNanos'): number {
  return speed[by] / speed.rounds;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
