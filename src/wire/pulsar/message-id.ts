/** Where a message lies. `batchIndex` and `partition` are -1 where there is none. */
export interface MessageId {
  readonly ledgerId: number;
  readonly entryId: number;
  readonly batchIndex: number;
  readonly partition: number;
  /** Messages in the entry; 0 when it is not a batch or not known (an id read back from text). */
  readonly batchSize?: number | undefined;
  /** Of a chunked message, whose last entry the id names: the entry it begins with. */
  readonly firstChunk?: { readonly ledgerId: number; readonly entryId: number } | undefined;
}

/** Order within one topic or partition: negative, zero or positive. */
export function compareMessageIds(a: MessageId, b: MessageId): number {
  return a.ledgerId - b.ledgerId || a.entryId - b.entryId || a.batchIndex - b.batchIndex;
}

/** `ledger:entry:batch:partition`, and `:ledger:entry` of the first chunk behind it; read back by `parseMessageId`. */
export function formatMessageId(id: MessageId): string {
  const own = `${id.ledgerId}:${id.entryId}:${id.batchIndex}:${id.partition}`;
  return id.firstChunk ? `${own}:${id.firstChunk.ledgerId}:${id.firstChunk.entryId}` : own;
}

export function parseMessageId(text: string): MessageId {
  const match = /^(-?\d{1,16}):(-?\d{1,16}):(-?\d{1,10}):(-?\d{1,10})(?::(\d{1,16}):(\d{1,16}))?$/.exec(text);
  if (!match) throw new TypeError(`not a message id (ledger:entry:batch:partition): ${JSON.stringify(text)}`);
  const [ledgerId, entryId, batchIndex, partition] = match.slice(1, 5).map(Number) as [number, number, number, number];
  const id = { ledgerId, entryId, batchIndex, partition };
  if (match[5] === undefined) return id;
  return { ...id, firstChunk: { ledgerId: Number(match[5]), entryId: Number(match[6]) } };
}

/** The entry an id lies in, as a map key. */
export function entryKeyOf(id: { readonly ledgerId: number; readonly entryId: number }): string {
  return `${id.ledgerId}:${id.entryId}`;
}

/** As the broker writes it; of a partition it does not always say which. */
export function fromIdData(
  data: { ledgerId: number; entryId: number; batchIndex?: number | undefined },
  partition: number,
): MessageId {
  return { ledgerId: data.ledgerId, entryId: data.entryId, batchIndex: data.batchIndex ?? -1, partition };
}
