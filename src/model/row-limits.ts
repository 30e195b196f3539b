/** Bytes of encoded values that a target takes at most. */
export interface RowLimits {
  /** Of a row without the static values of its partition; and of these without the row. */
  readonly rowBytes: number;
  /** Of all its columns together, as of the next. */
  readonly partitionKeyBytes: number;
  readonly clusteringBytes: number;
}

/** Of Amazon Keyspaces (AWS developer guide, quotas). */
export const keyspacesLimits: RowLimits = { rowBytes: 1024 * 1024, partitionKeyBytes: 2_048, clusteringBytes: 850 };

/** The class of such a refusal in dead letters. */
export const oversizedRow = 'OversizedRow';

export interface RowSize {
  readonly bytes: number;
  readonly partitionKeyBytes: number;
  /** 0 of the static values of a partition. */
  readonly clusteringBytes: number;
}

/** Why a target with these limits never takes a row of this size; undefined where it does. Without limits every size is taken. */
export function oversizeOf(size: RowSize, limits: RowLimits | undefined): string | undefined {
  if (!limits) return undefined;
  if (size.partitionKeyBytes > limits.partitionKeyBytes)
    return tooMany(size.partitionKeyBytes, 'in the partition key', limits.partitionKeyBytes);
  if (size.clusteringBytes > limits.clusteringBytes)
    return tooMany(size.clusteringBytes, 'in the clustering columns', limits.clusteringBytes);
  return size.bytes > limits.rowBytes ? tooMany(size.bytes, 'in one row', limits.rowBytes) : undefined;
}

function tooMany(bytes: number, where: string, most: number): string {
  return `${bytes} bytes ${where}; Keyspaces takes at most ${most}`;
}

export function bytesOf(values: readonly (Buffer | null)[]): number {
  let bytes = 0;
  for (const value of values) bytes += value?.length ?? 0;
  return bytes;
}
