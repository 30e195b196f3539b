import type { CqlType } from '../../../src/model/cql-type.ts';
import { quoteName } from '../../../src/model/table.ts';
import type { Random } from '../../model/simulation/random.ts';

/** A CQL literal of a type, the odd ones of each type often among them: empty, least, greatest, not a number. */
export function literalOf(type: CqlType, random: Random): string {
  const native = natives[type.name];
  if (native) return native(random);
  const [first, second] = type.arguments as [CqlType, CqlType];
  switch (type.name) {
    case 'list':
      return `[${several(random, () => literalOf(first, random))}]`;
    case 'set':
      return `{${several(random, () => literalOf(first, random))}}`;
    case 'map':
      return `{${several(random, () => `${literalOf(first, random)}: ${literalOf(second, random)}`)}}`;
    case 'vector':
      return `[${Array.from({ length: type.dimension! }, () => literalOf(first, random)).join(', ')}]`;
    case 'tuple':
      return `(${type.arguments.map((part) => (random.chance(0.15) ? 'null' : literalOf(part, random))).join(', ')})`;
    default:
      return udtLiteral(type, random);
  }
}

/** Up to four parts; none now and then. */
function several(random: Random, part: () => string): string {
  return Array.from({ length: random.int(5) }, part).join(', ');
}

function udtLiteral(type: CqlType, random: Random): string {
  const fields = type.udt!.fields.map((name, index) => ({ name, type: type.arguments[index]! }));
  const given = fields.filter(() => random.chance(0.8));
  // `{}` would be an empty set or map.
  const parts = (given.length > 0 ? given : fields.slice(0, 1)).map(({ name, type: fieldType }) => {
    return `${quoteName(name)}: ${random.chance(0.1) ? 'null' : literalOf(fieldType, random)}`;
  });
  return `{${parts.join(', ')}}`;
}

const natives: Readonly<Record<string, (random: Random) => string>> = {
  ascii: (random) => quoted(random.pick(['', 'abc', '~', `k${random.int(50)}`])),
  bigint: (random) => random.pick(['0', '-1', '9223372036854775807', '-9223372036854775808', `${random.int(1e9)}`]),
  blob: (random) => `0x${hexDigits(random, random.pick([0, 1, 2, 16, 100, 300]))}`,
  boolean: (random) => `${random.chance(0.5)}`,
  date: (random) => quoted(random.pick(['1970-01-01', '2024-02-29', '1600-12-31', '9999-12-31'])),
  decimal: (random) => random.pick(['0', '-1.5', '123456789012345678901234567890.123', '1E+10', '1E-20', '1.10']),
  double: (random) => random.pick(['0', '-0.0', 'NaN', 'Infinity', '-Infinity', '1e300', '5e-324', `${random.next()}`]),
  duration: (random) => random.pick(['0s', '1y2mo3d4h5m6s', '-1mo', '5ns', '2w', '178956970mo2147483647d']),
  float: (random) => random.pick(['0', '1.5', 'NaN', '-Infinity', '1e30', '0.1']),
  inet: (random) => quoted(random.pick(['127.0.0.1', '::1', '2001:db8::ff00:42:8329', `10.0.0.${random.int(256)}`])),
  int: (random) => random.pick(['0', '-1', '2147483647', '-2147483648', `${random.int(100_000)}`]),
  smallint: (random) => random.pick(['0', '-1', '32767', '-32768']),
  text: (random) => quoted(random.pick(texts)),
  time: (random) => quoted(random.pick(['00:00:00', '23:59:59.999999999', '12:34:56.000000001'])),
  timestamp: (random) => random.pick(['0', '-1', '1700000000123', '253402300799999', '-62135596800000']),
  timeuuid: (random) => uuid(random, '1'),
  tinyint: (random) => random.pick(['0', '-1', '127', '-128']),
  uuid: (random) => random.pick([uuid(random, '4'), '00000000-0000-0000-0000-000000000000']),
  varint: (random) => random.pick(['0', '-1', '127', '128', '-129', '170141183460469231731687303715884105728']),
};

/** Every native type that a column may have, counters apart. */
export const nativeTypes: readonly string[] = Object.keys(natives);

const texts = ['', 'a', 'B', "o'neil", 'żółć', '日本語', '😀', '"quoted"', 'line\nbreak', 'x'.repeat(200), ' '];

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

function uuid(random: Random, version: string): string {
  const digits = (count: number) => hexDigits(random, count / 2);
  return `${digits(8)}-${digits(4)}-${version}${digits(4).slice(1)}-8${digits(4).slice(1)}-${digits(12)}`;
}

function hexDigits(random: Random, bytes: number): string {
  return Array.from({ length: bytes }, () => random.int(256).toString(16).padStart(2, '0')).join('');
}
