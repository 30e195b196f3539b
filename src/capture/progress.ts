import type { AgentPosition, SavedPlace } from './agent-position.ts';
import type { NewestSegment } from './find-holes.ts';

/** The agent's position while it changes; `changes` counts, so that a saver knows whether there is something to save. */
export interface Progress {
  readonly position: AgentPosition;
  readonly changes: number;
  saw(newest: NewestSegment): void;
  /** All records of a segment up to this place are acknowledged; `nonces` are the canaries met since the place before. */
  acknowledge(segment: bigint, place: SavedPlace, nonces: readonly string[]): void;
  finish(segment: bigint): void;
  /** Something was missed: from this instant on nothing is. */
  breakAt(instantMicros: bigint): void;
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
    acknowledge: (segment, place, nonces) =>
      change({ places: new Map(position.places).set(segment, place), owedMarks: merged(position.owedMarks, nonces) }),
    finish: (segment) =>
      change({ finishedUpTo: segment, places: new Map([...position.places].filter(([id]) => id > segment)) }),
    breakAt: (unbrokenSinceMicros) => change({ unbrokenSinceMicros }),
    claim: (claimedMicros) => change({ claimedMicros }),
    markSent: (nonce) => change({ owedMarks: position.owedMarks.filter((owed) => owed !== nonce) }),
  };
}

function merged(owed: readonly string[], nonces: readonly string[]): readonly string[] {
  return nonces.length === 0 ? owed : [...new Set([...owed, ...nonces])];
}
