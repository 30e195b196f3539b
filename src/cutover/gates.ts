import { differingRows, pendingRows } from '../model/difference.ts';
import { instantText } from '../model/instant-text.ts';
import { tablesOf } from '../model/schema.ts';
import type { Table } from '../model/table.ts';
import type { SourceNode } from '../ports/source-cluster.ts';
import { unseenText, withoutAgent } from '../state/compare-ring.ts';
import type { ValidationRecord } from '../state/ledger-event.ts';
import type { MigrationState, ProvenState } from '../state/migration-state.ts';

/** A condition of cutover, with what was seen. */
export interface Gate {
  readonly gate: string;
  readonly isOpen: boolean;
  readonly reason: string;
}

export interface GateFacts {
  readonly state: MigrationState;
  readonly nodes: readonly SourceNode[];
  /** The operator said so. */
  readonly writesStopped: boolean;
  /** The operator has looked where a node's version cannot tell. */
  readonly hintsChecked: boolean;
  /** Changes that the sink received while the gates were looked at; undefined: nobody could tell. */
  readonly changesSeen: number | undefined;
  /** Changes of counters that agents saw meanwhile; only asked where counters are moved. */
  readonly counterChangesSeen: number;
  /** By host id; undefined where the node's version does not tell. */
  readonly pendingHints: ReadonlyMap<string, number | undefined>;
  readonly pendingBatches: ReadonlyMap<string, number | undefined>;
  /** Open ones. */
  readonly deadLetters: number;
  /** Changes that wait on the parked topics, by table. */
  readonly parked: readonly { readonly table: string; readonly waiting: number; readonly reason: string }[];
  /** By host id: since when its capture has no hole. */
  readonly unbrokenSince: ReadonlyMap<string, bigint>;
  /** Why stream time is unknown; undefined when it is known. */
  readonly streamUnknownBecause: string | undefined;
}

/** What must hold before the drain: with any of these closed, a drain would prove nothing. */
export function gatesBeforeDrain(facts: GateFacts): readonly Gate[] {
  return [
    writesStopped(facts),
    nodesUp(facts),
    hintsDelivered(facts),
    batchesReplayed(facts),
    sinkFollows(facts),
    noDeadLetters(facts),
    schemaDecided(facts),
    nothingParked(facts),
  ];
}

/** What must hold at the moment of cutover. */
export function gatesOfCutover(facts: GateFacts): readonly Gate[] {
  return [
    ...gatesBeforeDrain(facts),
    drained(facts),
    countersCopied(facts),
    validatedAfterDrain(facts),
    captureUnbroken(facts),
    noOpenSlices(facts),
  ];
}

function writesStopped({ writesStopped: said, changesSeen, counterChangesSeen, state }: GateFacts): Gate {
  const gate = 'writes stopped';
  if (!said) return { gate, isOpen: false, reason: 'stop the application, then say so with --writes-stopped' };
  if (changesSeen === undefined) return { gate, isOpen: false, reason: 'no sink tells whether changes still come' };
  if (changesSeen > 0)
    return { gate, isOpen: false, reason: `${changesSeen} changes came while we looked: somebody still writes` };
  if (counterChangesSeen > 0 && counterTables(state).length > 0)
    return { gate, isOpen: false, reason: `${counterChangesSeen} changes of counters came while we looked` };
  return { gate, isOpen: true, reason: 'the operator says so, and no change came while we looked' };
}

function nodesUp({ nodes }: GateFacts): Gate {
  const down = nodes.filter((node) => !node.isUp).map((node) => node.address);
  const gate = 'every node up';
  if (down.length > 0)
    return { gate, isOpen: false, reason: `${down.join(', ')} down: what others keep for it has not reached it` };
  return { gate, isOpen: true, reason: `${nodes.length} of ${nodes.length}` };
}

function hintsDelivered({ nodes, pendingHints, hintsChecked }: GateFacts): Gate {
  // A lone node has nobody to keep hints for.
  if (nodes.length === 1) return { gate: 'no hints pending', isOpen: true, reason: 'the cluster has one node' };
  const counts = hintsChecked ? new Map([...pendingHints].map(([node, count]) => [node, count ?? 0])) : pendingHints;
  return noneLeft('no hints pending', counts, '`nodetool listpendinghints`, then say so with --hints-checked');
}

function batchesReplayed({ pendingBatches }: GateFacts): Gate {
  return noneLeft('no batches left in the batchlog', pendingBatches, '`SELECT count(*) FROM system.batches`');
}

function noneLeft(gate: string, counts: ReadonlyMap<string, number | undefined>, lookWith: string): Gate {
  const unknown = [...counts].filter(([, count]) => count === undefined).map(([node]) => node);
  if (unknown.length > 0)
    return { gate, isOpen: false, reason: `${unknown.join(', ')} cannot tell; look there with ${lookWith}` };
  const left = [...counts].filter(([, count]) => count! > 0).map(([node, count]) => `${count} on ${node}`);
  return left.length > 0
    ? { gate, isOpen: false, reason: left.join(', ') }
    : { gate, isOpen: true, reason: 'none on any node' };
}

function sinkFollows({ streamUnknownBecause }: GateFacts): Gate {
  const gate = 'sink follows';
  if (streamUnknownBecause === undefined) return { gate, isOpen: true, reason: 'stream time is known' };
  return { gate, isOpen: false, reason: streamUnknownBecause };
}

function noDeadLetters({ deadLetters }: GateFacts): Gate {
  const gate = 'no dead letters';
  if (deadLetters === 0) return { gate, isOpen: true, reason: 'none' };
  return { gate, isOpen: false, reason: `${deadLetters} open; look at them with \`cdcmig dead-letters list\`` };
}

function schemaDecided({ state }: GateFacts): Gate {
  const gate = 'no table waits for a schema decision';
  const paused = [...state.pauses.values()].map(({ table, differences }) => `${table}: ${differences.join(', ')}`);
  if (paused.length > 0) return { gate, isOpen: false, reason: `${paused.join('; ')}; decide with \`cdcmig schema\`` };
  const left = [...state.schemaDecisions]
    .filter(([, { decision }]) => decision.action === 'stop')
    .map(([name]) => name);
  if (left.length === 0) return { gate, isOpen: true, reason: 'none' };
  return {
    gate,
    isOpen: true,
    reason: `none; ${left.join(', ')} left the migration: the target must not be used for it`,
  };
}

function nothingParked({ parked }: GateFacts): Gate {
  const gate = 'no parked changes';
  const waiting = parked.filter((table) => table.waiting > 0);
  if (waiting.length === 0) return { gate, isOpen: true, reason: 'none' };
  const texts = waiting.map(({ table, waiting: count, reason }) => `${count} of ${table}: ${reason}`);
  return { gate, isOpen: false, reason: texts.join('; ') };
}

function drained({ state }: GateFacts): Gate {
  const gate = 'drain mark of every node on every partition applied';
  if (state.drain?.confirmedAtMicros === undefined) return { gate, isOpen: false, reason: 'not drained yet' };
  return { gate, isOpen: true, reason: `mark ${state.drain.nonce}` };
}

function validatedAfterDrain({ state }: GateFacts): Gate {
  const gate = 'validation after the drain';
  const { lastFullValidation: validation, isFullDisproved, proven } = state;
  const drainedAt = state.drain?.confirmedAtMicros;
  if (validation && proven && drainedAt !== undefined && isByChanges(proven, drainedAt))
    return { gate, isOpen: true, reason: provenText(validation, proven) };
  if (!validation) return { gate, isOpen: false, reason: 'never validated' };
  if (drainedAt === undefined || validation.startedAtMicros < drainedAt)
    return { gate, isOpen: false, reason: 'the last one is of before the drain' };
  const differing = differingRows(validation.tables) + pendingRows(validation.tables);
  if (differing > 0) return { gate, isOpen: false, reason: `${differing} rows differ` };
  if (isFullDisproved)
    return { gate, isOpen: false, reason: 'equal, but another comparison has found rows that differ since it began' };
  return {
    gate,
    isOpen: true,
    reason: `${validation.tables.reduce((sum, table) => sum + table.sourceRows, 0n)} rows, equal`,
  };
}

/** Everything before the drain, and what changed since after it. */
function isByChanges({ fullAtMicros, lookedAtMicros }: ProvenState, drainedAt: bigint): boolean {
  return fullAtMicros < drainedAt && lookedAtMicros >= drainedAt;
}

function provenText({ tables }: ValidationRecord, { fullAtMicros }: ProvenState): string {
  const rows = tables.reduce((sum, table) => sum + table.sourceRows, 0n);
  const at = instantText(fullAtMicros);
  return `${rows} rows equal at ${at}, and what changed since equal after the drain`;
}

function countersCopied({ state }: GateFacts): Gate {
  const gate = 'counters copied after the drain';
  const { counters, drain } = state;
  const tables = counterTables(state);
  if (tables.length === 0) return { gate, isOpen: true, reason: 'no counter tables' };
  const copied = counters?.drainNonce === drain?.nonce ? counters?.copied : undefined;
  const missing = tables.filter(({ name }) => !copied?.tables.some(({ table }) => table === name));
  if (missing.length > 0)
    return { gate, isOpen: false, reason: `not copied yet: ${missing.map(({ name }) => name).join(', ')}` };
  return { gate, isOpen: true, reason: copied!.tables.map(({ table, rows }) => `${table}: ${rows} rows`).join(', ') };
}

/** Those that are moved. */
function counterTables({ handOver, schemaDecisions }: MigrationState): readonly Table[] {
  if (handOver === undefined) return [];
  const isMoved = ({ name, id }: Table) =>
    handOver.tables.some((table) => table.id === id) && schemaDecisions.get(name)?.decision.action !== 'stop';
  return tablesOf(handOver.schema).filter((table) => table.isCounter && isMoved(table));
}

export const captureGate = 'capture unbroken since the hand-over';

/** Host ids of nodes some of whose changes since the hand-over no agent saw. */
export function nodesWithHole(
  { handOver }: Pick<MigrationState, 'handOver'>,
  unbrokenSince: ReadonlyMap<string, bigint>,
): readonly string[] {
  if (handOver === undefined) return [];
  return [...unbrokenSince].filter(([, instant]) => instant > handOver.instantMicros).map(([node]) => node);
}

/** A hole, or a node without an agent, is closed by proof: what no agent saw, a full comparison after the drain and after the hole did. */
function captureUnbroken(facts: GateFacts): Gate {
  const gate = captureGate;
  const { state, nodes, unbrokenSince } = facts;
  if (state.handOver === undefined) return { gate, isOpen: false, reason: 'no hand-over' };
  if (state.handOver.datastax) {
    const { isOpen } = validatedAfterDrain(facts);
    const reason = `the DataStax agents do not tell; ${isOpen ? 'compared equal since' : 'only a clean validation after the drain opens this'}`;
    return { gate, isOpen, reason };
  }
  const broken = nodesWithHole(state, unbrokenSince);
  const unseen = withoutAgent(state, nodes);
  if (broken.length === 0 && unseen.length === 0) return { gate, isOpen: true, reason: 'on every node' };
  const missedUntil = [
    ...broken.map((node) => unbrokenSince.get(node)!),
    ...(unseen.length > 0 ? [state.drain?.confirmedAtMicros ?? 0n] : []),
  ];
  const comparedAt = state.lastFullValidation?.startedAtMicros ?? 0n;
  const isOpen = validatedAfterDrain(facts).isOpen && missedUntil.every((instant) => instant <= comparedAt);
  const missed = [
    ...(broken.length > 0 ? [`a hole on ${broken.join(', ')}`] : []),
    ...(unseen.length > 0 ? [unseenText(state, unseen)] : []),
  ].join('; ');
  const how = isOpen ? ', compared equal since' : ': only a clean validation of everything after the drain closes it';
  return { gate, isOpen, reason: missed + how };
}

export const slicesGate = 'no open slices';

/** Host ids of nodes with a hole that no comparison has settled yet. */
export function nodesInDoubt({ openSlices }: Pick<MigrationState, 'openSlices'>): readonly string[] {
  return [...new Set([...openSlices.values()].flatMap(({ hole }) => (hole ? [hole.node] : [])))];
}

function noOpenSlices({ state }: GateFacts): Gate {
  const gate = slicesGate;
  const open = [...state.openSlices.values()];
  if (open.length === 0) return { gate, isOpen: true, reason: 'none' };
  return { gate, isOpen: false, reason: open.map((slice) => `${slice.table}: ${slice.reason}`).join('; ') };
}
