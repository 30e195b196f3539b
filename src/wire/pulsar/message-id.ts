/** Where a message lies. `batchIndex` and `partition` are -1 where there is none. */
export interface MessageId {
  readonly ledgerId: number;
  readonly entryId: number;
  readonly batchIndex: number;
  readonly partition: number;
  /** Messages in the entry; 0 when it is not a batch or not known (an id read back from text). */
  readonly batchSize?: number | undefined;
}

/** Order within one topic or partition: negative, zero or positive. */
export function compareMessageIds(a: MessageId, b: MessageId): number {
  return a.ledgerId - b.ledgerId || a.entryId - b.entryId || a.batchIndex - b.batchIndex;
}

/** `ledger:entry:batch:partition`, read back by `parseMessageId`. */
export function formatMessageId(id: MessageId): string {
  return `${id.ledgerId}:${id.entryId}:${id.batchIndex}:${id.partition}`;
}

export function parseMessageId(text: string): MessageId {
  const match = /^(-?\d{1,16}):(-?\d{1,16}):(-?\d{1,10}):(-?\d{1,10})$/.exec(text);
  if (!match) throw new TypeError(`not a message id (ledger:entry:batch:partition): ${JSON.stringify(text)}`);
  const [ledgerId, entryId, batchIndex, partition] = match.slice(1).map(Number) as [number, number, number, number];
  return { ledgerId, entryId, batchIndex, partition };
}

/** The entry an id lies in, as a map key. */
export function entryKeyOf(id: { readonly ledgerId: number; readonly entryId: number }): string {
  return `${id.ledgerId}:${id.entryId}`;
}
