import { createHash } from 'node:crypto';
import { types } from 'cassandra-driver';
import { type DemoTable, insertRow, type OperationKind } from '../demo-table.ts';
import type { RandomSource } from '../seeded-random.ts';

const labels = ['red', 'green', 'blue', 'amber', 'violet', 'white', 'black'];
const settings = ['theme', 'language', 'zone', 'density', 'sound'];

/** Collections and a user-defined type, frozen and not. Nothing here expires: a read cannot tell a collection's expiry. */
export const profiles: DemoTable = {
  name: 'profiles',
  ddl: [
    'CREATE TYPE address (street text, city text, zip int)',
    `CREATE TABLE profiles (
      id uuid PRIMARY KEY, nickname text, tags set<text>, settings map<text, text>, history list<text>, home address,
      billing frozen<address>, scores frozen<map<text, int>>, words frozen<list<text>>,
      places map<text, frozen<address>>, pair frozen<tuple<int, text>>)`,
  ],
  share: 0.125,
  rowsOfPartition: 1,
  columns: ['id', 'nickname', 'tags', 'settings', 'history', 'home', 'billing', 'scores', 'words', 'places', 'pair'],
  keyOf: (n) => [uuidOf(n)],
  valuesOf: (_, random) => [
    random.word(7),
    tagsOf(random),
    settingsOf(random),
    someWords(random),
    addressOf(random),
    random.chance(0.7) ? addressOf(random) : null,
    new Map([
      ['one', random.below(100)],
      ['two', random.below(100)],
    ]),
    someWords(random),
    new Map([['work', addressOf(random)]]),
    new types.Tuple(random.below(1000), random.word(3)),
  ],
  operations: [
    { name: 'insert', weight: 2, statements: (n, random) => [insertRow(profiles, n, random)] },
    change('add to set', 2, 'tags = tags + ?', tagsOf),
    change('take from set', 1, 'tags = tags - ?', tagsOf),
    change('overwrite set', 1, 'tags = ?', tagsOf),
    change('put into map', 2, 'settings = settings + ?', settingsOf),
    change('take from map', 1, 'settings = settings - ?', (random) => new Set([random.pick(settings)])),
    change('overwrite map', 0.7, 'settings = ?', settingsOf),
    change('put a place', 1, 'places = places + ?', (random) => new Map([[random.pick(labels), addressOf(random)]])),
    change('append to list', 1.5, 'history = history + ?', someWords),
    change('prepend to list', 0.3, 'history = ? + history', someWords),
    change('overwrite list', 1.5, 'history = ?', someWords),
    change('field of a type', 1, 'home.zip = ?', (random) => random.below(99_999)),
    change('whole type', 1, 'home = ?', addressOf),
    change('frozen type', 1, 'billing = ?', addressOf),
    {
      name: 'delete of elements',
      weight: 1,
      statements: (n, random) => [
        {
          cql: 'DELETE settings[?], tags[?] FROM profiles WHERE id = ?',
          values: [random.pick(settings), random.pick(labels), uuidOf(n)],
        },
      ],
    },
    {
      name: 'delete of collections',
      weight: 0.5,
      statements: (n) => [{ cql: 'DELETE history, home, tags FROM profiles WHERE id = ?', values: [uuidOf(n)] }],
    },
    {
      name: 'delete row',
      weight: 0.7,
      statements: (n) => [{ cql: 'DELETE FROM profiles WHERE id = ?', values: [uuidOf(n)] }],
    },
  ],
};

function change(
  name: string,
  weight: number,
  assignment: string,
  valueFrom: (random: RandomSource) => unknown,
): OperationKind {
  const cql = `UPDATE profiles SET ${assignment} WHERE id = ?`;
  return { name, weight, statements: (n, random) => [{ cql, values: [valueFrom(random), uuidOf(n)] }] };
}

function uuidOf(n: number): types.Uuid {
  const digest = createHash('md5').update(`profile ${n}`).digest();
  digest[6] = (digest[6]! & 0x0f) | 0x40;
  digest[8] = (digest[8]! & 0x3f) | 0x80;
  return new types.Uuid(digest);
}

function tagsOf(random: RandomSource): Set<string> {
  return new Set([random.pick(labels), random.pick(labels)]);
}

function settingsOf(random: RandomSource): Map<string, string> {
  return new Map([settingOf(random), settingOf(random)]);
}

function settingOf(random: RandomSource): [string, string] {
  return [random.pick(settings), random.word(5)];
}

function someWords(random: RandomSource): readonly string[] {
  return Array.from({ length: 1 + random.below(3) }, () => random.word(4));
}

function addressOf(random: RandomSource) {
  return { street: random.word(9), city: random.chance(0.9) ? random.word(6) : null, zip: random.below(99_999) };
}
