/** Names one partition of one table; the key as in the log. */
export function partitionText(tableId: string, partitionKey: Buffer): string {
  return `${tableId}/${partitionKey.toString('hex')}`;
}
