import type { CaptureHole } from '../model/capture-hole.ts';
import type { AgentPosition, ExpectedSegment, SavedPlace } from './agent-position.ts';
import type { NewestSegment } from './find-holes.ts';
import { owedWith } from './owed-holes.ts';

/** The agent's position while it changes; `changes` counts, so that a saver knows whether there is something to save. */
export interface Progress {
  readonly position: AgentPosition;
  readonly changes: number;
  saw(newest: NewestSegment): void;
  /** What is to be there from now on, in place of what was. */
  expect(segments: readonly ExpectedSegment[]): void;
  /** All records of a segment up to this place are acknowledged; `nonces` are the canaries met since the place before. */
  acknowledge(segment: bigint, place: SavedPlace, nonces: readonly string[]): void;
  finish(segment: bigint): void;
  /**
   * Segments were missed, or a record: after the hole's end nothing is. What was expected of those segments is not any more; the rest of
   * the record's is.
   */
  miss(hole: CaptureHole): void;
  /**
   * Every segment up to this one counts as finished, whether its records were published or not; the hole that this makes,
   * if it makes one, is owed by the same change: whatever is saved has both or neither.
   */
  release(upTo: bigint, hole: CaptureHole | undefined): void;
  /** The ledger has this hole. */
  booked(holeId: string): void;
  claim(instantMicros: bigint): void;
  markSent(nonce: string): void;
}

export function openProgress(start: AgentPosition): Progress {
  let position = start;
  let changes = 0;
  const change = (part: Partial<AgentPosition>) => {
    position = { ...position, ...part };
    changes++;
  };
  return {
    get position() {
      return position;
    },
    get changes() {
      return changes;
    },
    saw: (newest) => change({ newest }),
    expect: (expected) => change({ expected }),
    acknowledge: (segment, place, nonces) => {
      const owedMarks = merged(position.owedMarks, nonces);
      // A released segment may still have been on its way.
      if (segment <= position.finishedUpTo) change({ owedMarks });
      else change({ places: new Map(position.places).set(segment, place), owedMarks });
    },
    finish: (segment) =>
      change({ ...finishedUpTo(position, segment), expected: position.expected.filter(({ id }) => id !== segment) }),
    miss: (hole) =>
      change({
        ...missed(position, hole),
        expected: hole.position === undefined ? outside(hole, position.expected) : position.expected,
      }),
    release: (upTo, hole) =>
      change({
        ...finishedUpTo(position, upTo),
        ...(hole && missed(position, hole)),
        expected: position.expected.filter(({ id }) => id > upTo),
      }),
    booked: (holeId) => change({ owedHoles: position.owedHoles.filter(({ id }) => id !== holeId) }),
    claim: (claimedMicros) => change({ claimedMicros }),
    markSent: (nonce) => change({ owedMarks: position.owedMarks.filter((owed) => owed !== nonce) }),
  };
}

/** Never back: a release may have passed a segment that is being finished. */
function finishedUpTo(position: AgentPosition, segment: bigint): Pick<AgentPosition, 'finishedUpTo' | 'places'> {
  const upTo = segment > position.finishedUpTo ? segment : position.finishedUpTo;
  return { finishedUpTo: upTo, places: new Map([...position.places].filter(([id]) => id > upTo)) };
}

function outside(hole: CaptureHole, expected: readonly ExpectedSegment[]): readonly ExpectedSegment[] {
  return expected.filter(({ id }) => id < hole.fromSegment || id > hole.toSegment);
}

function missed(position: AgentPosition, hole: CaptureHole): Pick<AgentPosition, 'owedHoles' | 'unbrokenSinceMicros'> {
  const before = position.unbrokenSinceMicros;
  return {
    owedHoles: owedWith(position.owedHoles, hole),
    unbrokenSinceMicros: hole.toMicros > before ? hole.toMicros : before,
  };
}

function merged(owed: readonly string[], nonces: readonly string[]): readonly string[] {
  return nonces.length === 0 ? owed : [...new Set([...owed, ...nonces])];
}
