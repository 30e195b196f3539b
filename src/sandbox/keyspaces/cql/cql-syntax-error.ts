/** A statement that is no CQL, or CQL that neither Keyspaces' documents nor we know. */
export class CqlSyntaxError extends Error {
  override readonly name = 'CqlSyntaxError';

  constructor(message: string, at: number) {
    super(`line 1:${at} ${message}`);
  }
}
