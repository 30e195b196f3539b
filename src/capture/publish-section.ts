import type { Report } from '../events.ts';
import type { AgentSettings } from '../model/agent-settings.ts';
import type { RecordEvent } from '../model/change-event.ts';
import type { Clock } from '../ports/clock.ts';
import { outlineRecord } from '../wire/commitlog/record-outline.ts';
import type { LogRecord } from '../wire/commitlog/records.ts';
import type { ReadSection } from './follow-log.ts';
import { freeMemory } from './free-memory.ts';
import type { InFlight } from './in-flight.ts';
import type { Progress } from './progress.ts';
import type { ChangesPublisher } from './publish-changes.ts';
import type { Pulse } from './pulse.ts';
import { type Route, recordRouter } from './route-record.ts';
import type { Claims } from './send-claims.ts';

export interface SectionParts {
  readonly settings: AgentSettings;
  readonly clock: Clock;
  readonly progress: Pick<Progress, 'acknowledge'>;
  readonly counters: CounterTally;
  readonly publisher: RecordPublisher;
  readonly inFlight: InFlight;
  readonly claims: Pick<Claims, 'sawCanary'>;
  readonly report: Report;
  readonly pulse: Pick<Pulse, 'confirmed'>;
  /** Gives up waiting for room. */
  readonly stop: AbortSignal;
  /** Aborted when this session's acknowledgements no longer count. */
  readonly over: AbortSignal;
}

/** Records of counter tables since the agent started. */
export interface CounterTally {
  records: number;
}

type RecordPublisher = Pick<ChangesPublisher, 'toPartition' | 'toSchema'>;

/**
 * Publishes the records of one section after another, as fast as Pulsar takes them; resolves once a section is on its way.
 * A section is acknowledged as a whole, when its last record is: one that was published in part is published again.
 */
export function sectionPublisher(parts: SectionParts): (read: ReadSection) => Promise<void> {
  const routeOf = recordRouter(parts.settings);
  const count = recordCounter(parts);

  function publishSome(read: ReadSection, records: readonly LogRecord[]): SentRecords {
    const routed = records.map((record) => {
      const outline = outlineRecord(record.body);
      return { record, key: outline.partitionKey, route: routeOf(outline, record.body) };
    });
    const wanted = routed.filter(({ route }) => isPublished(route));
    const counters = routed.filter(({ route }) => route.kind === 'counter').length;
    const publishes = wanted.map(({ record, key, route }) =>
      publish(parts.publisher, route, eventOf(parts.settings.node, read, record), key),
    );
    return { publishes, nonces: noncesOf(wanted), counters };
  }

  return async (read) => {
    const nonces: string[] = [];
    let [hasWanted, counters] = [false, 0];
    for (const { records, isLast } of slicesOf(read.records)) {
      await parts.inFlight.room(parts.stop);
      const sent = publishSome(read, records);
      nonces.push(...sent.nonces);
      counters += sent.counters;
      hasWanted ||= sent.publishes.length > 0;
      // The records share the section's memory, so one of them pins all of it until the last is done.
      const pinnedBytes = isLast && hasWanted ? read.section.bytes.length : 0;
      for (const nonce of sent.nonces) parts.claims.sawCanary(nonce, parts.clock.nowMicros());
      parts.inFlight.add(pinnedBytes + sent.publishes.length * waitingRecordBytes, sent.publishes, () => {
        if (sent.publishes.length > 0) parts.pulse.confirmed(parts.clock.nowMicros());
        if (!isLast || parts.over.aborted) return;
        parts.progress.acknowledge(read.segment, read.section.next, nonces);
        // Here, so that a section that is read again is counted once.
        parts.counters.records += counters;
        freeMemory(read.section.bytes);
      });
      count(sent.publishes.length, read.segment);
    }
  };
}

interface SentRecords {
  readonly publishes: readonly Promise<unknown>[];
  readonly nonces: readonly string[];
  readonly counters: number;
}

/** What a record takes on its way besides its bytes: its place in a batch and those who wait for the receipt. Measured, and rounded up. */
const waitingRecordBytes = 2_048;

/** A section of small records, of which a compressed log may hold 32 MiB, must not be on its way all at once. */
const recordsPerSlice = 1_000;

/** One slice at least: a section without records is acknowledged too. */
function* slicesOf(all: Iterable<LogRecord>): Generator<{ records: readonly LogRecord[]; isLast: boolean }> {
  let records: LogRecord[] = [];
  for (const record of all) {
    if (records.length === recordsPerSlice) {
      yield { records, isLast: false };
      records = [];
    }
    records.push(record);
  }
  yield { records, isLast: true };
}

function eventOf(node: string, { segment, section }: ReadSection, record: LogRecord): RecordEvent {
  const { body, endPosition: position } = record;
  return { kind: 'record', node, segment, position, logVersion: section.header.logVersion, body };
}

function publish(publisher: RecordPublisher, route: Route, event: RecordEvent, key: Buffer): Promise<unknown> {
  switch (route.kind) {
    case 'changes':
    case 'canary':
      return publisher.toPartition(route.partition, event, key);
    case 'schema':
      return publisher.toSchema(event);
    case 'counter':
    case 'none':
      return Promise.resolve();
  }
}

function isPublished({ kind }: Route): boolean {
  return kind !== 'none' && kind !== 'counter';
}

function noncesOf(wanted: readonly { readonly route: Route }[]): readonly string[] {
  return wanted.flatMap(({ route }) => (route.kind === 'canary' ? [route.nonce] : []));
}

/** Reports now and then how many records went out. */
function recordCounter({ settings, clock, report }: SectionParts): (records: number, segment: bigint) => void {
  let records = 0;
  let nextMicros = 0n;
  return (more, segment) => {
    records += more;
    if (records === 0 || clock.nowMicros() < nextMicros) return;
    report({ kind: 'records-published', node: settings.node, records, segment });
    records = 0;
    nextMicros = clock.nowMicros() + reportMicros;
  };
}

const reportMicros = 10_000_000n;
