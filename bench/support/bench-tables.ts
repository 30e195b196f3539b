import { int, long } from './encode.ts';

export interface BenchTable {
  readonly name: string;
  readonly rows: number;
  /** Name, type and value of row `n` for each column; the primary key is the first one or two. */
  readonly columns: readonly (readonly [name: string, type: string, value: (n: number) => Buffer])[];
  readonly key: string;
  /** Of the program that fills it; default: 512. */
  readonly writesAtOnce?: number;
}

/** None of what is not named. */
export type BenchRows = Readonly<Partial<Record<'narrow' | 'wide' | 'large' | 'partition', number>>>;

/**
 * Rows as they are seen most: a few small columns, and twenty of many types in partitions of sixteen. And two to see what memory is taken: rows of
 * twenty values of 10 to 50 kB, and all rows in one partition.
 */
export function benchTables({ narrow = 0, wide = 0, large = 0, partition = 0 }: BenchRows): readonly BenchTable[] {
  return [
    {
      name: 'narrow',
      rows: narrow,
      key: 'id',
      columns: [
        ['id', 'bigint', (n) => long(BigInt(n))],
        ['a', 'int', (n) => int(n)],
        ['b', 'text', (n) => text(`text ${n}`)],
        ['c', 'int', (n) => int(n * 7)],
        ['d', 'bigint', (n) => long(BigInt(n) * 3n)],
        ['e', 'text', (n) => text(`another ${n}`)],
      ],
    },
    {
      name: 'wide',
      rows: wide,
      key: 'id, at',
      columns: [
        ['id', 'uuid', (n) => uuid(n >> 4)],
        ['at', 'timestamp', (n) => long(BigInt(n) * 1000n)],
        ...numbers(6).map((i) => [`n${i}`, 'bigint', (n: number) => long(BigInt(n * i))] as const),
        ...numbers(8).map(
          (i) => [`t${i}`, 'text', (n: number) => text(`column ${i} of row ${n}, some words`)] as const,
        ),
        ...numbers(3).map((i) => [`d${i}`, 'double', (n: number) => double(n / (i + 1))] as const),
        ['s', 'frozen<set<text>>', (n) => collection([text(`a${n % 10}`), text(`b${n % 10}`)])],
        ['u', 'uuid', (n) => uuid(n)],
        ['flag', 'boolean', (n) => Buffer.from([n & 1])],
      ],
    },
    {
      name: 'large',
      rows: large,
      key: 'id',
      writesAtOnce: 8,
      columns: [
        ['id', 'bigint', (n) => long(BigInt(n))],
        ...numbers(20).map(
          (i) => [`b${i}`, 'blob', (n: number) => Buffer.alloc(10_000 + ((n * 7 + i * 13) % 41) * 1_000, n)] as const,
        ),
      ],
    },
    {
      name: 'partition',
      rows: partition,
      key: 'id, at',
      columns: [
        ['id', 'int', () => int(1)],
        ['at', 'int', (n) => int(n)],
        ...numbers(4).map(
          (i) => [`t${i}`, 'text', (n: number) => text(`column ${i} of row ${n}, some words`)] as const,
        ),
      ],
    },
  ];
}

function numbers(count: number): readonly number[] {
  return Array.from({ length: count }, (_, n) => n);
}

function double(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value);
  return bytes;
}

function text(value: string): Buffer {
  return Buffer.from(value);
}

function uuid(n: number): Buffer {
  const bytes = Buffer.alloc(16);
  bytes.writeUInt32BE(n, 12);
  bytes[6] = 0x40;
  bytes[8] = 0x80;
  return bytes;
}

function collection(elements: readonly Buffer[]): Buffer {
  return Buffer.concat([int(elements.length), ...elements.flatMap((element) => [int(element.length), element])]);
}
