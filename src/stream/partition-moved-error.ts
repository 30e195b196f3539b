/** Another worker holds the changes partition now: whoever meets this leaves it, and asks for it again. */
export class PartitionMovedError extends Error {
  override readonly name = 'PartitionMovedError';

  constructor(partition: number, options?: ErrorOptions) {
    super(`changes partition ${partition} is with another worker`, options);
  }
}
