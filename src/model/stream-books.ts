/** What became of every update of a stretch of the stream: received = all the others. */
export interface StreamBooks {
  readonly received: number;
  readonly applied: number;
  readonly duplicates: number;
  /** Hidden by a later range or partition delete. */
  readonly superseded: number;
  readonly recopied: number;
  readonly deadLettered: number;
  /** Wait on the parked topic for a schema or for the operator. */
  readonly parked: number;
  /** Of tables that are not migrated by the stream, or without content. */
  readonly ignored: number;
}

export const emptyBooks: StreamBooks = {
  received: 0,
  applied: 0,
  duplicates: 0,
  superseded: 0,
  recopied: 0,
  deadLettered: 0,
  parked: 0,
  ignored: 0,
};

/** How many of the received updates have an outcome; more where one has two. */
export function accountedFor({ received: _, ...outcomes }: StreamBooks): number {
  return Object.values(outcomes).reduce((sum, count) => sum + count, 0);
}
