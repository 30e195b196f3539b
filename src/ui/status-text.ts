import type { MigrationStatus, StreamStatus } from '../model/migration-status.ts';
import { reportText } from './validation-text.ts';

/** The status for a person. */
export function statusText(status: MigrationStatus): string {
  return [
    `migration ${status.migration} of keyspace ${status.keyspace}, plan ${status.plan ?? 'none yet'}`,
    ...status.phases.map(({ phase, state, summary }) => `  ${phase.padEnd(17)} ${state.padEnd(12)} ${summary}`),
    `splits: ${status.splits.copied} of ${status.splits.planned} copied`,
    `rows: ${status.rows.read} read = ${status.rows.written} written + ${status.rows.superseded} superseded + ${status.rows.deadLettered} dead letters`,
    ...streamLines(status.stream),
    ...status.nodes.map(
      ({ hostId, address, unbrokenSince, hasHole }) =>
        `node ${address} (${hostId}): capture unbroken since ${unbrokenSince}${hasHole ? ': a HOLE after the hand-over, changes may be missing' : ''}`,
    ),
    `dead letters: ${status.deadLetters}`,
    ...status.openSlices.map(({ table, reason }) => `slice in doubt: ${table}: ${reason}`),
    ...validationLines(status),
    ...repairLines(status),
    `next: ${status.waitsFor}`,
    '',
  ].join('\n');
}

function streamLines(stream: StreamStatus): readonly string[] {
  const lag = stream.lagMs === 'unknown' ? `unknown: ${stream.unknownBecause}` : `${stream.lagMs} ms`;
  const { p50, p99 } = stream.latencyMs;
  return [
    `lag: ${lag}; backlog ${stream.backlogEntries} entries, the oldest ${stream.backlogAgeSeconds} s old`,
    `changes: ${stream.received} received = ${stream.applied} applied + ${stream.duplicates} duplicates + ${stream.superseded} superseded + ${stream.recopied} recopied + ${stream.deadLettered} dead letters + ${stream.ignored} ignored`,
    ...(p50 === undefined ? [] : [`write to applied: p50 ${p50} ms, p99 ${p99} ms`]),
  ];
}

function repairLines({ lastRepair: last }: MigrationStatus): readonly string[] {
  if (!last) return [];
  const left = last.left === 0 ? '' : `, ${last.left} were not`;
  return [`repair of ${last.finishedAt}: ${last.equal} rows equal afterwards${left}; a later validation proves them`];
}

function validationLines({ lastValidation: last }: MigrationStatus): readonly string[] {
  if (!last) return ['validation: never'];
  const what = `${last.isFull ? 'full' : 'partial'}${last.isAfterDrain ? ', after the drain' : ''}`;
  return [
    `validation (${what}) of ${last.finishedAt}:`,
    ...reportText(last.tables)
      .trimEnd()
      .split('\n')
      .map((line) => `  ${line}`),
  ];
}
