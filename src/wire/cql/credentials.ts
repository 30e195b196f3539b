/**
 * Answers the server's questions about who we are: first called with null for the opening token, then with each
 * challenge. Called anew for every connection, so it may fetch fresh credentials.
 */
export type Authenticator = (challenge: Buffer | null) => Promise<Buffer>;

/** SASL PLAIN: a role of Cassandra, or the service-specific credentials of Keyspaces. */
export function plainCredentials(user: string, password: string): Authenticator {
  return async () => Buffer.from(`\0${user}\0${password}`);
}
