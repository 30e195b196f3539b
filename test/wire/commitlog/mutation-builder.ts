/** Writes record bodies from the description of the format; independent of the decoder. */

const epochSeconds = 1_442_880_000;

export function vint(value: bigint | number): Buffer {
  const unsigned = BigInt.asUintN(64, BigInt(value));
  let extra = 0;
  while (extra < 8 && unsigned >> BigInt(7 * (extra + 1)) !== 0n) extra++;
  const bytes = Buffer.alloc(extra + 1);
  for (let i = 0; i < extra; i++) bytes[extra - i] = Number((unsigned >> BigInt(8 * i)) & 0xffn);
  const announced = (0xff00 >> extra) & 0xff;
  bytes[0] = extra === 8 ? 0xff : announced | Number(unsigned >> BigInt(8 * extra));
  return bytes;
}

export function prefixed(bytes: Buffer | string): Buffer {
  const content = Buffer.from(bytes as string);
  return Buffer.concat([vint(content.length), content]);
}

export function int(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

/** All minima of the update are the epoch itself, so that deltas count from there. */
export function timestamp(micros: bigint): Buffer {
  return vint(micros - BigInt(epochSeconds) * 1_000_000n);
}

export function localTime(seconds: number): Buffer {
  return vint(seconds - epochSeconds);
}

export function deletion(micros: bigint, seconds: number): Buffer {
  return Buffer.concat([timestamp(micros), localTime(seconds)]);
}

/** Up to 32 clustering values: a buffer, or null. An empty buffer is marked as empty. */
export function clustering(values: readonly (Buffer | null)[], isFixedLength = true): Buffer {
  if (values.length === 0) return Buffer.alloc(0);
  const header = values.reduce(
    (bits, value, i) => bits | (BigInt(value === null ? 2 : value.length === 0 ? 1 : 0) << BigInt(2 * i)),
    0n,
  );
  const written = values.filter((value): value is Buffer => value !== null && value.length > 0);
  return Buffer.concat([vint(header), ...(isFixedLength ? written : written.map(prefixed))]);
}

export const boundKinds = {
  endExclusive: 0,
  startInclusive: 1,
  boundaryExclusiveInclusive: 2,
  boundaryInclusiveExclusive: 5,
  endInclusive: 6,
  startExclusive: 7,
} as const;

export function rangeMarker(kind: number, values: readonly (Buffer | null)[], ...deletions: readonly Buffer[]): Buffer {
  return Buffer.concat([Buffer.from([0x02, kind, 0, values.length]), clustering(values), ...deletions]);
}

/** A row whose parts behind the clustering values are given as they stand in the log. */
export function row(flags: number, values: readonly (Buffer | null)[], ...parts: readonly Buffer[]): Buffer {
  return Buffer.concat([Buffer.from([flags]), clustering(values), ...parts]);
}

/** A cell with a timestamp of its own and a value of fixed length. */
export function cell(micros: bigint, value: Buffer): Buffer {
  return Buffer.concat([Buffer.from([0]), timestamp(micros), value]);
}

/** A cell that ends. */
export function expiringCell(micros: bigint, ttlSeconds: number, value: Buffer): Buffer {
  const expiresAtSeconds = Number(micros / 1_000_000n) + ttlSeconds;
  return Buffer.concat([Buffer.from([0x02]), timestamp(micros), localTime(expiresAtSeconds), vint(ttlSeconds), value]);
}

export interface UpdateParts {
  readonly tableId: string;
  readonly partitionKey: Buffer;
  readonly columns: readonly string[];
  readonly partitionDeletion?: Buffer;
  readonly items: readonly Buffer[];
}

export function partitionUpdate({ tableId, partitionKey, columns, partitionDeletion, items }: UpdateParts): Buffer {
  return Buffer.concat([
    Buffer.from(tableId, 'hex'),
    prefixed(partitionKey),
    Buffer.from([partitionDeletion ? 0x04 : 0]),
    vint(0),
    vint(0),
    vint(0),
    vint(columns.length),
    ...columns.map(prefixed),
    partitionDeletion ?? Buffer.alloc(0),
    ...items,
    Buffer.from([0x01]),
  ]);
}

export function mutation(...updates: readonly Buffer[]): Buffer {
  return Buffer.concat([vint(updates.length), ...updates]);
}
