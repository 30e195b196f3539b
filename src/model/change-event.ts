/**
 * What travels on the changes topics and the schema topic; written down for other readers in docs/change-event.md.
 * The payload of a record is the body of a commit log record, byte for byte; everything else is in the properties.
 */
export type ChangeEvent = RecordEvent | WatermarkEvent | DrainMarkEvent;

/** One record of one node's commit log. The message key is its partition key. */
export interface RecordEvent {
  readonly kind: 'record';
  /** Host id of the node whose log held it. */
  readonly node: string;
  readonly segment: bigint;
  /** Logical position of the record's end in its segment. */
  readonly position: number;
  /** Version of the commit log: 7 or 8. */
  readonly logVersion: number;
  readonly body: Buffer;
}

/** Everything that was in the node's log at `instantMicros` stands before this message in every partition. */
export interface WatermarkEvent {
  readonly kind: 'watermark';
  readonly node: string;
  readonly instantMicros: bigint;
  /** Since when this node's capture has no hole. */
  readonly unbrokenSinceMicros: bigint;
}

/** The node's log held the canary row of this nonce; everything before it in the log stands before this message. */
export interface DrainMarkEvent {
  readonly kind: 'drain-mark';
  readonly node: string;
  readonly nonce: string;
}

/** Properties and payload of a change event as they are published. */
export interface EventMessage {
  readonly properties: Readonly<Record<string, string>>;
  readonly payload: Buffer;
}

export function encodeChangeEvent(event: ChangeEvent): EventMessage {
  switch (event.kind) {
    case 'record':
      return {
        properties: { ...common(event), s: `${event.segment}`, p: `${event.position}`, v: `${event.logVersion}` },
        payload: event.body,
      };
    case 'watermark':
      return {
        properties: { ...common(event), t: `${event.instantMicros}`, u: `${event.unbrokenSinceMicros}` },
        payload: nothing,
      };
    case 'drain-mark':
      return { properties: { ...common(event), nonce: event.nonce }, payload: nothing };
  }
}

/** Undefined for a message that is no change event. */
export function decodeChangeEvent(message: EventMessage): ChangeEvent | undefined {
  const { kind, node, s, p, v, t, u, nonce } = message.properties;
  if (node === undefined) return undefined;
  if (kind === 'record' && s !== undefined && p !== undefined && v !== undefined)
    return { kind, node, segment: BigInt(s), position: Number(p), logVersion: Number(v), body: message.payload };
  if (kind === 'watermark' && t !== undefined && u !== undefined)
    return { kind, node, instantMicros: BigInt(t), unbrokenSinceMicros: BigInt(u) };
  if (kind === 'drain-mark' && nonce !== undefined) return { kind, node, nonce };
  return undefined;
}

const nothing = Buffer.alloc(0);

function common(event: ChangeEvent): { kind: string; node: string } {
  return { kind: event.kind, node: event.node };
}
