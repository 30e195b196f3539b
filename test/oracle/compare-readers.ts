import {
  canonicalMutation,
  canonicalOracleMutation,
  type OracleMutation,
} from '../wire/commitlog/canonical-mutation.ts';
import { isBehind, type LogPlace, type ReadRecord } from './read-segments.ts';
import { kindsIn } from './seen-kinds.ts';

export interface Comparison {
  /** Mutations that both readers read. */
  readonly mutations: number;
  readonly bytesOfJson: number;
  readonly differences: number;
  /** The first few of them. */
  readonly examples: readonly string[];
  /** Mutations by what is in them, to prove that nothing was left out. */
  readonly kinds: ReadonlyMap<string, number>;
  /** Mutations of a table that our schema does not have, by table. */
  readonly unknown: ReadonlyMap<string, number>;
  readonly last: LogPlace | undefined;
}

/** Reads what both readers say of the same log, side by side. Lines up to `after` are passed over. */
export async function compareReaders(
  ours: AsyncIterable<ReadRecord>,
  oracle: AsyncGenerator<string>,
  after: LogPlace | undefined,
): Promise<Comparison> {
  const count = { mutations: 0, bytesOfJson: 0, differences: 0, last: after };
  const examples: string[] = [];
  const kinds = new Map<string, number>();
  const unknown = new Map<string, number>();
  const differ = (what: string) => {
    count.differences++;
    if (examples.length < 5) examples.push(what);
  };
  for await (const record of ours) {
    count.last = record;
    const line = await nextLine(oracle, after);
    if (!line) {
      differ(`only ours: ${shown(record)}`);
      continue;
    }
    const theirs = JSON.parse(line) as OracleMutation;
    if (theirs.g !== record.segment || theirs.p !== record.position) {
      differ(`ours ${shown(record)}\ntheirs ${line.slice(0, 2000)}`);
      // Once out of step every pair would differ.
      break;
    }
    const tables = theirs.u.map(({ t }) => t).join();
    if ('unknownTableId' in record) add(unknown, tables);
    else if ('unsupported' in record) differ(`ours ${record.unsupported}\ntheirs ${line.slice(0, 2000)}`);
    else {
      const [left, right] = [canonicalMutation(record.mutation, record.position), canonicalOracleMutation(theirs)];
      if (JSON.stringify(left) !== JSON.stringify(right))
        differ(`ours ${shown(record)}\ntheirs ${line.slice(0, 2000)}`);
      count.mutations++;
      count.bytesOfJson += line.length;
      for (const kind of kindsIn(theirs)) add(kinds, kind);
    }
  }
  const rest = await nextLine(oracle, after);
  if (rest && count.differences === 0) differ(`only theirs: ${rest.slice(0, 2000)}`);
  await oracle.return(undefined);
  return { ...count, examples, kinds, unknown };
}

async function nextLine(oracle: AsyncGenerator<string>, after: LogPlace | undefined): Promise<string | undefined> {
  for (;;) {
    const step = await oracle.next();
    if (step.done) return undefined;
    if (!after || isBehind(placeOf(step.value), after)) return step.value;
  }
}

function placeOf(line: string): LogPlace {
  const [, segment, position] = /^\{"g":"(\d+)","p":(\d+)/.exec(line)!;
  return { segment: segment!, position: Number(position) };
}

function shown(record: ReadRecord): string {
  if (!('mutation' in record)) return JSON.stringify(record);
  return `${record.segment} ${JSON.stringify(canonicalMutation(record.mutation, record.position)).slice(0, 2000)}`;
}

function add(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
