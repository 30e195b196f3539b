import { decideChange, directThreshold, floorOf } from '../../../src/model/write-timestamp.ts';
import { largest, minute } from './instants.ts';
import { type Rule, realRule } from './rule.ts';

/** The rule with one part switched back to what looks simpler. Each must end in rows that differ. */
export interface Mutant {
  readonly name: string;
  readonly rule: Rule;
}

const { window } = realRule;
const smallMargin = minute;
const longAgo = 0n;

/** As old as the target takes it, with room for the way there. */
function intoWindow(timestampMicros: bigint, nowMicros: bigint): bigint {
  return largest(timestampMicros, floorOf(nowMicros, window));
}

const loadTimeStamp: Mutant = {
  name: 'snapshot rows stamped at load time',
  rule: { ...realRule, snapshotStamp: (_, writtenAtMicros) => writtenAtMicros },
};

const readInstantStamp: Mutant = {
  name: 'snapshot rows stamped a minute before they were read',
  rule: { ...realRule, snapshotStamp: (readAtMicros) => readAtMicros - smallMargin },
};

const readInstantRecopies: Mutant = {
  name: 'recopies stamped a minute before they were read',
  rule: { ...realRule, recopyStamp: ({ readAtMicros }) => readAtMicros - smallMargin },
};

/** Decides whole changes and their parts in another way than the rule. */
function decidingBy(decide: Rule['decide']): Pick<Rule, 'decide' | 'decidePart'> {
  const decidePart: Rule['decidePart'] = (change, _, micros) =>
    decide({ ...change, oldestMicros: micros, newestMicros: micros });
  return { decide, decidePart };
}

const noHandOverThreshold: Mutant = {
  name: 'changes from before the hand-over applied directly',
  rule: { ...realRule, ...decidingBy((change) => decideChange({ ...change, handOverMicros: longAgo })) },
};

const backlogLifted: Mutant = {
  name: 'a backlog older than the window lifted into it',
  rule: {
    ...realRule,
    ...decidingBy((change) => {
      const threshold = directThreshold(change.handOverMicros, longAgo, window);
      return change.oldestMicros <= threshold ? 'recopy' : 'apply';
    }),
    liftedTo: intoWindow,
  },
};

const wholeChangesOnly: Mutant = {
  name: 'a change with one old part recopied as a whole',
  rule: { ...realRule, decidePart: (_, whole) => whole },
};

const eventTimeRecopies: Mutant = {
  name: "recopies stamped with the event's own write time",
  rule: { ...realRule, recopyStamp: (recopy) => intoWindow(recopy.eventMicros, recopy.writtenAtMicros) },
};

const rowTimeRecopies: Mutant = {
  name: "recopies stamped with their cells' own write times",
  rule: {
    ...realRule,
    recopyStamp: ({ rowMicros, eventMicros, writtenAtMicros }) => intoWindow(rowMicros ?? eventMicros, writtenAtMicros),
  },
};

const writeOrderedRecopies: Mutant = {
  name: 'recopies stamped in the order of their writes',
  rule: { ...realRule, recopyStamp: ({ writtenAtMicros }) => floorOf(writtenAtMicros, window) },
};

const everyCopyDropped: Mutant = {
  name: 'copies of recopied changes dropped too',
  rule: { ...realRule, mayDropCopy: () => true },
};

const oldCopiesDropped: Mutant = {
  name: 'copies dropped that have grown old since the first was applied',
  rule: { ...realRule, mayDropCopy: ({ first, isReadAgain }) => first === 'apply' && !isReadAgain },
};

const doubtfulCopiesDropped: Mutant = {
  name: 'copies dropped that leave their row in doubt',
  rule: { ...realRule, mayDropCopy: ({ first, own }) => first === 'apply' && own === 'apply' },
};

const noPresenceCheck: Mutant = {
  name: 'rows in doubt not recopied',
  rule: { ...realRule, leavesRowInDoubt: () => false },
};

const deletedCellsOnly: Mutant = {
  name: 'only deleted cells leave a row in doubt, not expiring ones',
  rule: {
    ...realRule,
    leavesRowInDoubt: (row) =>
      !row.marker && !row.deletion && (row.columnDeletions.length > 0 || row.cells.some(({ value }) => !value)),
  },
};

const oldSlicesCover: Mutant = {
  name: 'slices hide older cells that were themselves recopied',
  rule: {
    ...realRule,
    withoutCovered: (update, journal) =>
      realRule.withoutCovered(
        update,
        journal.map((slice) => ({ ...slice, decision: 'apply' as const })),
      ),
  },
};

const slicesOnce: Mutant = {
  name: 'slices not applied again after the snapshot',
  rule: { ...realRule, appliesSlicesAgain: false },
};

const slicesForgotten: Mutant = {
  name: 'slices applied once and forgotten',
  rule: { ...realRule, appliesSlicesAgain: false, withoutCovered: (update) => update },
};

/** The rule's parts. */
export const mutants: readonly Mutant[] = [
  loadTimeStamp,
  readInstantStamp,
  readInstantRecopies,
  noHandOverThreshold,
  backlogLifted,
  eventTimeRecopies,
  rowTimeRecopies,
  writeOrderedRecopies,
  everyCopyDropped,
  wholeChangesOnly,
  noPresenceCheck,
  deletedCellsOnly,
];

/** Corners that a random history meets once in some hundred runs. */
export const rareMutants: readonly Mutant[] = [
  doubtfulCopiesDropped,
  oldCopiesDropped,
  oldSlicesCover,
  slicesForgotten,
  slicesOnce,
];
