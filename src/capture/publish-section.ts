import type { Report } from '../events.ts';
import type { AgentSettings } from '../model/agent-settings.ts';
import type { RecordEvent } from '../model/change-event.ts';
import type { Clock } from '../ports/clock.ts';
import { outlineRecord } from '../wire/commitlog/record-outline.ts';
import type { ReadSection } from './follow-log.ts';
import type { InFlight } from './in-flight.ts';
import type { Progress } from './progress.ts';
import type { ChangesPublisher } from './publish-changes.ts';
import type { Pulse } from './pulse.ts';
import { type Route, recordRouter } from './route-record.ts';
import type { Claims } from './send-claims.ts';

export interface SectionParts {
  readonly settings: AgentSettings;
  readonly clock: Clock;
  readonly progress: Progress;
  readonly publisher: ChangesPublisher;
  readonly inFlight: InFlight;
  readonly claims: Claims;
  readonly report: Report;
  readonly pulse: Pick<Pulse, 'confirmed'>;
  /** Gives up waiting for room. */
  readonly stop: AbortSignal;
  /** Aborted when this session's acknowledgements no longer count. */
  readonly over: AbortSignal;
}

/** Publishes the records of one section after another, as fast as Pulsar takes them; resolves once a section is on its way. */
export function sectionPublisher(parts: SectionParts): (read: ReadSection) => Promise<void> {
  const routeOf = recordRouter(parts.settings);
  const count = recordCounter(parts);

  return async (read) => {
    await parts.inFlight.room(parts.stop);
    const routed = read.records.map((record) => {
      const outline = outlineRecord(record.body);
      return { record, key: outline.partitionKey, route: routeOf(outline) };
    });
    const wanted = routed.filter(({ route }) => route.kind !== 'none');
    const publishes = wanted.map(({ record, key, route }) =>
      publish(parts.publisher, route, eventOf(parts.settings.node, read, record), key),
    );
    track(parts, read, publishes, noncesOf(wanted));
    count(publishes.length, read.segment);
  };
}

function eventOf(node: string, { segment, section }: ReadSection, record: ReadSection['records'][number]): RecordEvent {
  const { body, endPosition: position } = record;
  return { kind: 'record', node, segment, position, logVersion: section.header.logVersion, body };
}

function publish(publisher: ChangesPublisher, route: Route, event: RecordEvent, key: Buffer): Promise<unknown> {
  switch (route.kind) {
    case 'changes':
    case 'canary':
      return publisher.toPartition(route.partition, event, key);
    case 'schema':
      return publisher.toSchema(event, key);
    case 'none':
      return Promise.resolve();
  }
}

function noncesOf(wanted: readonly { readonly route: Route }[]): readonly string[] {
  return wanted.flatMap(({ route }) => (route.kind === 'canary' ? [route.nonce] : []));
}

function track(
  parts: SectionParts,
  read: ReadSection,
  publishes: readonly Promise<unknown>[],
  nonces: readonly string[],
): void {
  for (const nonce of nonces) parts.claims.sawCanary(nonce, parts.clock.nowMicros());
  // The records share the section's memory, so one of them pins all of it.
  const pinnedBytes = publishes.length === 0 ? 0 : read.section.bytes.length;
  parts.inFlight.add(pinnedBytes, publishes, () => {
    if (publishes.length > 0) parts.pulse.confirmed(parts.clock.nowMicros());
    if (!parts.over.aborted) parts.progress.acknowledge(read.segment, read.section.next, nonces);
  });
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
