import { quoteName } from '../../../src/model/table.ts';
import type { Random } from '../../model/simulation/random.ts';
import type { WorkloadTable } from './workload-table.ts';

/** The conditions of a slice of clustering rows: some first columns equal, then bounds of any kind on one column or on several at once. */
export function randomSlice(table: WorkloadTable, random: Random): readonly string[] {
  const { clustering, clusterings } = table;
  const depth = random.int(Math.min(clustering.length, 4));
  const valueAt = (index: number) => random.pick(clusterings[index]!);
  const equals = clustering.slice(0, depth).map(({ name }, index) => `${quoteName(name)} = ${valueAt(index)}`);
  const width = clustering.length - depth;
  if (width >= 2 && random.chance(0.3)) return [...equals, ...tupleBounds(table, depth, random)];
  const name = quoteName(clustering[depth]!.name);
  if (random.chance(0.15)) return [...equals, `${name} IN (${valueAt(depth)}, ${valueAt(depth)})`];
  return [...equals, ...bounds(name, () => valueAt(depth), random)];
}

function tupleBounds({ clustering, clusterings }: WorkloadTable, depth: number, random: Random): readonly string[] {
  const width = 2 + random.int(Math.min(clustering.length - depth - 1, 3));
  const columns = clustering.slice(depth, depth + width);
  const values = () => columns.map((_, index) => random.pick(clusterings[depth + index]!));
  return bounds(`(${columns.map(({ name }) => quoteName(name)).join(', ')})`, () => `(${values().join(', ')})`, random);
}

function bounds(name: string, value: () => string, random: Random): readonly string[] {
  return [
    ...(random.chance(0.75) ? [`${name} ${random.pick(['>', '>='])} ${value()}`] : []),
    ...(random.chance(0.75) ? [`${name} ${random.pick(['<', '<='])} ${value()}`] : []),
  ];
}
