import type { Random } from '../../model/simulation/random.ts';

type Literal = (random: Random) => string;

const literals: Readonly<Record<string, Literal>> = {
  c_ascii: (random) => `'a${random.int(1000)}'`,
  c_bigint: (random) => random.pick(['-9223372036854775808', '9223372036854775807', `${random.int(1000)}`]),
  c_blob: (random) => random.pick(['0x', '0x00', `0x${random.int(256).toString(16).padStart(2, '0')}`]),
  c_boolean: (random) => `${random.chance(0.5)}`,
  c_date: (random) => `'20${10 + random.int(80)}-01-02'`,
  c_decimal: (random) => `${random.int(1000)}.${random.int(1000)}e-${random.int(9)}`,
  c_double: (random) => random.pick(['NaN', '-Infinity', `${random.next()}`]),
  c_duration: (random) => `${random.int(12)}mo${random.int(30)}d${random.int(1000)}ms`,
  c_float: (random) => `${random.next()}`,
  c_inet: (random) => random.pick([`'10.0.0.${random.int(256)}'`, "'2001:db8::1'"]),
  c_int: (random) => `${random.int(2 ** 31) - 2 ** 30}`,
  c_smallint: (random) => `${random.int(65_536) - 32_768}`,
  c_text: (random) => random.pick(["''", "'Ünïcödé'", `'t${random.int(1000)}'`]),
  c_time: (random) => `'0${random.int(10)}:01:02.123456789'`,
  c_timestamp: (random) => `${random.int(2 ** 31)}`,
  c_timeuuid: (random) =>
    `${random
      .int(2 ** 31)
      .toString(16)
      .padStart(8, '0')}-0000-1000-8000-000000000000`,
  c_tinyint: (random) => `${random.int(256) - 128}`,
  c_uuid: (random) =>
    `${random
      .int(2 ** 31)
      .toString(16)
      .padStart(8, '0')}-0000-4000-8000-000000000000`,
  c_varint: (random) => `${'9'.repeat(1 + random.int(30))}`,
  c_vector: (random) => `[${random.next()}, -1.5, ${random.int(9)}]`,
  c_nested: (random) => `{'n': [(${random.int(9)}, 'x'), (null, null)]}`,
};

export const typedColumns: readonly string[] = Object.keys(literals);

/** A CQL literal for a column of the table `types`. */
export function randomTypedValue(column: string, random: Random): string {
  return literals[column]!(random);
}
