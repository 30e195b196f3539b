/** A dead letter as `cdcmig dead-letters` tells it. */
export interface LetterStatus {
  readonly id: string;
  readonly state: 'open' | 'replayed' | 'dropped';
  /** What the operator said when he settled it. */
  readonly settledBecause: string | undefined;
  readonly table: string;
  /** Hex, as in the log. */
  readonly partitionKey: string;
  readonly clustering: readonly string[];
  readonly errorClass: string;
  readonly reason: string;
  readonly attempts: number;
  readonly firstAt: string;
  readonly lastAt: string;
  /** A split's id, `node/segment/position` of the record, or what else it came from. */
  readonly origin: string;
  /** Properties and payload (hex) of the change event, where there is one. */
  readonly event: { readonly properties: Readonly<Record<string, string>>; readonly payload: string } | undefined;
}
