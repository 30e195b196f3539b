/** What the workers' books say of the changes that they were given. */
export interface StreamBooks {
  readonly received: number;
  readonly applied: number;
  readonly duplicates: number;
  readonly superseded: number;
  readonly recopied: number;
  readonly deadLettered: number;
  readonly ignored: number;
}

export const emptyBooks: StreamBooks = {
  received: 0,
  applied: 0,
  duplicates: 0,
  superseded: 0,
  recopied: 0,
  deadLettered: 0,
  ignored: 0,
};

export function areBalanced({ received, ...outcomes }: StreamBooks): boolean {
  return received === Object.values(outcomes).reduce((sum, count) => sum + count, 0);
}
