import { crc32, deflateSync, zstdCompressSync } from 'node:zlib';

/** Writes segments as a node does, from the format's description and not from the reader's code. */
export interface SegmentBuilder {
  readonly headerLength: number;
  /** Records of one section; a compressed one if the builder has a compressor. */
  addSection(bodies: readonly Buffer[], options?: { readonly padding?: number }): void;
  /** All that is written: the marker after the last section is still zero. */
  bytes(): Buffer;
}

export type Compressor = 'LZ4Compressor' | 'SnappyCompressor' | 'DeflateCompressor' | 'ZstdCompressor';

export const segmentId = 1_795_239_578_730n;

export function buildSegment(
  options: { version?: number; id?: bigint; compressor?: Compressor; params?: object } = {},
): SegmentBuilder {
  const { version = 7, id = segmentId, compressor } = options;
  const compression = compressor && {
    compressionClass: `org.apache.cassandra.io.compress.${compressor}`,
    compressionParameters: {},
  };
  let content = headerBytes(version, id, JSON.stringify(options.params ?? compression ?? {}));
  return {
    headerLength: content.length,
    addSection(bodies, { padding = 0 } = {}) {
      const plain = Buffer.concat([...bodies.map(recordBytes), Buffer.alloc(padding)]);
      const stored = compressor ? Buffer.concat([int32(plain.length), compressors[compressor](plain)]) : plain;
      const next = content.length + 8 + stored.length;
      const checksum = crc32(Buffer.concat([...idHalves(id), int32(content.length)]));
      content = Buffer.concat([content, int32(next), uint32(checksum), stored]);
    },
    bytes: () => Buffer.concat([content, Buffer.alloc(64)]),
  };
}

export function headerBytes(version: number, id: bigint, json: string): Buffer {
  const params = Buffer.from(json);
  const fixed = Buffer.alloc(14);
  fixed.writeInt32BE(version, 0);
  fixed.writeBigInt64BE(id, 4);
  fixed.writeUInt16BE(params.length, 12);
  const checksum = crc32(Buffer.concat([int32(version), ...idHalves(id), int32(params.length), params]));
  return Buffer.concat([fixed, params, uint32(checksum)]);
}

export function recordBytes(body: Buffer): Buffer {
  const size = int32(body.length);
  return Buffer.concat([size, uint32(crc32(size)), body, uint32(crc32(Buffer.concat([size, body])))]);
}

const compressors: Readonly<Record<Compressor, (plain: Buffer) => Buffer>> = {
  LZ4Compressor: (plain) => Buffer.concat([int32LittleEndian(plain.length), lz4Literals(plain)]),
  SnappyCompressor: (plain) => snappyLiterals(plain),
  DeflateCompressor: (plain) => deflateSync(plain),
  ZstdCompressor: (plain) => zstdCompressSync(plain),
};

/** An LZ4 block of one sequence without a match. */
function lz4Literals(plain: Buffer): Buffer {
  if (plain.length < 15) return Buffer.concat([Buffer.from([plain.length << 4]), plain]);
  const rest = plain.length - 15;
  const lengths = Buffer.from([...Array<number>(Math.floor(rest / 255)).fill(255), rest % 255]);
  return Buffer.concat([Buffer.from([0xf0]), lengths, plain]);
}

/** A Snappy block of one literal. */
function snappyLiterals(plain: Buffer): Buffer {
  const length = [];
  for (let rest = plain.length; ; rest >>>= 7) {
    length.push(rest < 0x80 ? rest : (rest & 0x7f) | 0x80);
    if (rest < 0x80) break;
  }
  const head = Buffer.alloc(5);
  head[0] = 63 << 2;
  head.writeUInt32LE(plain.length - 1, 1);
  return Buffer.concat([Buffer.from(length), head, plain]);
}

function idHalves(id: bigint): readonly Buffer[] {
  return [int32(Number(BigInt.asIntN(32, id))), int32(Number(BigInt.asIntN(32, id >> 32n)))];
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function int32LittleEndian(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes;
}
