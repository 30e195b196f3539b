import { decodeChangeEvent, encodeChangeEvent, type RecordEvent } from '../model/change-event.ts';
import type { Message, OutgoingMessage } from '../ports/message-bus.ts';

/** What stands on a parked topic. */
export type ParkedMessage = ParkedEntry | ReplayedMark | Line | LineSum;

export type ParkedEntry = ParkedChange | ParkedRow;

/** A change that waits for a schema or for the operator. */
export interface ParkedChange {
  readonly kind: 'change';
  readonly tableId: string;
  readonly reason: string;
  readonly parkedAtMicros: bigint;
  /** No schema could decode it yet: all updates of the record wait, also those of other tables. */
  readonly isWhole: boolean;
  readonly event: RecordEvent;
}

/** A row, the statics or all of a partition that is to be read again: what a dead letter without a record asks for. */
export interface ParkedRow {
  readonly kind: 'row';
  readonly tableId: string;
  readonly reason: string;
  readonly parkedAtMicros: bigint;
  /** As in the log. */
  readonly partitionKey: Buffer;
  /** Undefined: the whole partition, its statics too. */
  readonly clustering: readonly Buffer[] | undefined;
}

/** The first `count` entries of a table on this topic have come to the target or to the dead letters. */
interface ReplayedMark {
  readonly kind: 'replayed';
  readonly tableId: string;
  readonly count: number;
}

/** Drawn across the topic, so that what stands before it can be counted. */
interface Line {
  readonly kind: 'line';
  readonly id: string;
}

/** How many entries of each table stand before a line, from the topic's first message. All of them have been replayed. */
interface LineSum {
  readonly kind: 'sum';
  readonly id: string;
  readonly arrived: ArrivedCounts;
}

/** By table id. */
export type ArrivedCounts = Readonly<Record<string, number>>;

/** The facts as JSON in one property; a change keeps the properties and the body of its event. */
export function encodeParked(message: ParkedMessage): OutgoingMessage {
  switch (message.kind) {
    case 'change': {
      const { event, ...facts } = message;
      const { properties, payload } = encodeChangeEvent(event);
      return { properties: { ...properties, parked: textOf(facts) }, payload };
    }
    case 'row': {
      const { partitionKey, clustering, ...facts } = message;
      const keys = {
        partitionKey: partitionKey.toString('hex'),
        clustering: clustering?.map((value) => value.toString('hex')),
      };
      return { properties: { parked: textOf({ ...facts, ...keys }) }, payload: nothing };
    }
    default:
      return { properties: { parked: textOf(message) }, payload: nothing };
  }
}

export function decodeParked(message: Pick<Message, 'properties' | 'payload'>): ParkedMessage {
  const { parkedAtMicros, ...facts } = JSON.parse(message.properties.parked!);
  if (facts.kind !== 'change' && facts.kind !== 'row') return facts;
  const timed = { ...facts, parkedAtMicros: BigInt(parkedAtMicros) };
  if (facts.kind === 'change') return { ...timed, event: decodeChangeEvent(message) as RecordEvent };
  return {
    ...timed,
    partitionKey: Buffer.from(facts.partitionKey, 'hex'),
    clustering: facts.clustering?.map((value: string) => Buffer.from(value, 'hex')),
  };
}

const nothing = Buffer.alloc(0);

function textOf(facts: object): string {
  return JSON.stringify(facts, (_, value) => (typeof value === 'bigint' ? `${value}` : value));
}
