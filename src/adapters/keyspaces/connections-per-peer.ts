/** Keyspaces throttles a connection at 3,000 queries a second; AWS plans with 500. */
const queriesPerConnection = 500;

/** How many connections to each peer carry this rate, also while one peer is away. */
export function connectionsPerPeer(queriesPerSecond: number, peers: number): number {
  return Math.max(1, Math.ceil(queriesPerSecond / Math.max(1, peers - 1) / queriesPerConnection));
}
