import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { expect } from 'vitest';
import { randomOf } from '../model/simulation/random.ts';
import { damagedCopy, readUntilDamage } from '../wire/commitlog/damaged-segment.ts';
import { readWhole } from '../wire/commitlog/recorded-segment.ts';
import type { Comparison } from './compare-readers.ts';
import type { OracleNode } from './oracle-node.ts';
import { type ProveOptions, proveNode } from './prove-node.ts';
import { kindsToSee } from './seen-kinds.ts';
import type { WorkloadResult } from './workload/run-workload.ts';

export interface Proven {
  readonly mutations: number;
  readonly kinds: ReadonlySet<string>;
}

/** Writes to the node and expects that both readers read the same of its log, also after damage. */
export async function expectEqualReaders(node: OracleNode, options: ProveOptions): Promise<Proven> {
  const began = performance.now();
  let mutations = 0;
  const kinds = new Set<string>();
  for await (const { comparison, workload, segments } of proveNode(node, options)) {
    expectEqual(comparison);
    expectMostAccepted(workload);
    for (const kind of comparison.kinds.keys()) kinds.add(kind);
    if (mutations === 0) await expectNothingWrong(segments, options.seed);
    mutations += comparison.mutations;
    say(node, options, `${mutations} mutations equal after ${((performance.now() - began) / 1000).toFixed(0)} s`);
  }
  return { mutations, kinds };
}

/** A day's seed unless one is named: other statements every day, and the same ones again when a run has failed. */
export function oracleSeed(): number {
  return Number(process.env.CDCMIG_ORACLE_SEED ?? Math.floor(Date.now() / 86_400_000));
}

export function missingKinds({ kinds }: Proven): readonly string[] {
  return kindsToSee.filter((kind) => !kinds.has(kind));
}

function expectEqual({ differences, examples, unknown }: Comparison): void {
  expect(examples).toEqual([]);
  expect(differences).toBe(0);
  expect([...unknown]).toEqual([]);
}

/** Random statements may be refused, but a generator that the server no longer understands proves nothing. */
function expectMostAccepted({ accepted, refused }: WorkloadResult): void {
  const total = [...refused.values()].reduce((sum, { count }) => sum + count, 0);
  expect(total, `refused: ${JSON.stringify([...refused])}`).toBeLessThan(accepted / 10);
}

const damagedCopies = 300;

/** Whatever is done to a segment, what is still read of it is true. */
async function expectNothingWrong(segments: readonly string[], seed: number): Promise<void> {
  const random = randomOf(seed);
  const { segment, records, sections } = await lastWritten(segments);
  const truth = new Map(records.map((record) => [record.endPosition, record.body]));
  const used = sections.at(-1)!.next.fileOffset;
  // The unwritten rest is zero; a little of it is enough.
  const content = Buffer.from(readFileSync(segment).subarray(0, used + 4096));
  for (let copy = 0; copy < damagedCopies; copy++) {
    const read = await readUntilDamage(damagedCopy(content, used, random), basename(segment));
    const wrong = [...read].filter(([position, body]) => !truth.get(position)?.equals(body));
    expect(wrong).toEqual([]);
  }
}

/** The node keeps an empty segment at hand, which would be the last. */
async function lastWritten(segments: readonly string[]) {
  for (const segment of segments.toReversed()) {
    const whole = await readWhole(readFileSync(segment), basename(segment));
    if (whole.records.length > 0) return { segment, ...whole };
  }
  throw new Error('no segment holds a record');
}

function say(node: OracleNode, { seed }: ProveOptions, text: string): void {
  const { cassandra, sourceSettings } = node.sandbox;
  process.stderr.write(`oracle ${cassandra} ${JSON.stringify(sourceSettings)} seed ${seed}: ${text}\n`);
}
