import { type Random, randomOf } from '../../model/simulation/random.ts';
import { changing, tables } from './tables.ts';

/** What happens in a history, each at its time since the beginning. */
export type Act = { readonly atMs: number } /** To one table, or by a batch to a partition of each. */ & (
  | { readonly kind: 'write'; readonly writes: readonly TableWrite[] }
  /** A split of the snapshot is copied, half of a table. */
  | { readonly kind: 'copy'; readonly split: number }
  | { readonly kind: 'alter'; readonly table: string; readonly column: string }
  | { readonly kind: 'truncate'; readonly table: string }
  /** The target takes no write to a row for a while. */
  | { readonly kind: 'refuse'; readonly table: string; readonly k: number; readonly forMs: number }
  | { readonly kind: 'replay-letters' }
  /** The source answers no read. */
  | { readonly kind: 'source-away'; readonly forMs: number }
  /** A node's agent publishes nothing. */
  | { readonly kind: 'silence'; readonly node: number; readonly forMs: number }
  /** A second operator looks and decides, whatever the first one does. */
  | { readonly kind: 'decide' }
  /** A worker dies, leaves in peace, or is taken for dead and goes on for a while; another one comes. */
  | { readonly kind: 'kill' | 'leave' | 'freeze'; readonly worker: number; readonly forMs: number }
  | { readonly kind: 'drain' }
);

type WriteKind =
  | 'insert'
  | 'update'
  | 'statics'
  | 'delete-columns'
  | 'delete-row'
  | 'delete-range'
  | 'delete-partition';

export interface TableWrite {
  readonly table: string;
  readonly write: RandomWrite;
}

/** As the application asks for it; of the columns those are written that are there then. */
export interface RandomWrite {
  readonly kind: WriteKind;
  readonly k: number;
  readonly c: number;
  /** Value by column; null deletes. */
  readonly values: Readonly<Record<string, number | null>>;
  /** Of a collection: set whole, or element by element. */
  readonly isOverwrite: boolean;
  readonly ttlSeconds: number;
  /** How much older than now its write time is. */
  readonly agedMs: number;
}

/** What is random in the world around it: how long things take and what the operator decides. */
export interface History {
  readonly seed: number;
  readonly acts: readonly Act[];
}

const lengthMs = 20_000;
/** Longer ago than the hand-over: read again instead. */
const longAgoMs = 900_000;

export function planHistory(seed: number): History {
  const random = randomOf(seed);
  const at = () => random.int(lengthMs);
  // CQL tells a reader too little of a marker to recopy rows in which anything ends.
  const hasOld = random.chance(0.4);
  const writeOf = (table: string, isOld: boolean) => ({ table, write: randomWrite(random, table, isOld, !hasOld) });
  const writesAt = (isOld: boolean): readonly TableWrite[] => {
    const first = writeOf(random.chance(0.75) ? 'wide' : 'flat', isOld);
    if (first.table === 'flat' || random.chance(0.85)) return [first];
    const { write } = writeOf('flat', isOld);
    return [first, { table: 'flat', write: { ...write, k: first.write.k } }];
  };
  const writes = Array.from({ length: 10 + random.int(40) }, (): Act => {
    return { atMs: at(), kind: 'write', writes: writesAt(hasOld && random.chance(0.2)) };
  });
  // Of before the capture began: in no log, and copied.
  const existing = Array.from({ length: hasOld ? random.int(12) : 0 }, (): Act => {
    return { atMs: -1, kind: 'write', writes: writesAt(true) };
  });
  const copies = Array.from({ length: random.int(5) }, (): Act => ({ atMs: at(), kind: 'copy', split: random.int(4) }));
  const others = Array.from({ length: 1 + random.int(7) }, (): Act => randomEvent(random, at()));
  return { seed, acts: [...existing, ...writes, ...copies, ...others].sort((a, b) => a.atMs - b.atMs) };
}

function randomEvent(random: Random, atMs: number): Act {
  const kind = random.next();
  const table = random.chance(0.75) ? 'wide' : 'flat';
  const forMs = random.int(6_000);
  if (kind < 0.5) return { atMs, kind: 'alter', table, column: random.pick(changing[table]!).name };
  if (kind < 0.54) return { atMs, kind: 'truncate', table };
  if (kind < 0.65) return { atMs, kind: 'refuse', table, k: random.int(keys), forMs };
  if (kind < 0.7) return { atMs, kind: 'replay-letters' };
  if (kind < 0.74) return { atMs, kind: 'drain' };
  if (kind < 0.77) return { atMs, kind: 'source-away', forMs };
  if (kind < 0.81) return { atMs, kind: 'silence', node: random.int(2), forMs: random.int(40_000) };
  if (kind < 0.84) return { atMs, kind: 'decide' };
  return { atMs, kind: random.pick(['kill', 'leave', 'freeze'] as const), worker: random.int(2), forMs };
}

const keys = 3;

function randomWrite(random: Random, table: string, isOld: boolean, mayEnd: boolean): RandomWrite {
  const [first] = tables.filter(({ name }) => name === table);
  const isStatics = table === 'wide' && random.chance(0.15);
  // Not of collections: CQL does not tell what is left of an element's life.
  const isSoon = mayEnd && random.chance(0.15);
  const columns = [...first!.columns, ...changing[table]!].filter(
    ({ kind, type }) => kind === (isStatics ? 'static' : 'regular') && !(isSoon && type.includes('<')),
  );
  const some = columns.filter(() => random.chance(0.4));
  return {
    kind: isStatics ? 'statics' : randomKind(random, table),
    k: random.int(keys),
    c: random.int(3),
    values: Object.fromEntries(
      (some.length > 0 ? some : [random.pick(columns)]).map(({ name }) => [
        name,
        random.chance(0.15) ? null : random.int(1_000_000),
      ]),
    ),
    isOverwrite: random.chance(0.5),
    ttlSeconds: isSoon ? 2 + random.int(8) : random.chance(0.1) ? 4_000 : 0,
    agedMs: isOld ? longAgoMs + random.int(100_000) : random.chance(0.2) ? random.int(200_000) : 0,
  };
}

function randomKind(random: Random, table: string): WriteKind {
  const kind = random.next();
  if (kind < 0.3) return 'insert';
  if (kind < 0.7) return 'update';
  if (kind < 0.8) return 'delete-columns';
  if (kind < 0.88 || table === 'flat') return 'delete-row';
  return kind < 0.96 ? 'delete-range' : 'delete-partition';
}
