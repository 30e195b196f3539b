import type { Report } from '../events.ts';
import type { AgentSettings } from '../model/agent-settings.ts';
import { type CaptureHole, captureHole } from '../model/capture-hole.ts';
import type { Clock } from '../ports/clock.ts';
import type { Progress } from './progress.ts';

/** What is missing; it ended now. */
export type Missed = Omit<CaptureHole, 'id' | 'node' | 'toMicros'>;

/** Enters a hole into the agent's books, and says so. */
export type NoteHole = (missed: Missed) => void;

export interface HoleParts {
  readonly settings: Pick<AgentSettings, 'node'>;
  readonly progress: Progress;
  readonly clock: Clock;
  readonly report: Report;
}

export function holeNoter(parts: HoleParts): NoteHole {
  return (missed) => {
    const hole = holeUntilNow(missed, parts);
    parts.progress.miss(hole);
    reportHole(hole, parts.report);
  };
}

export function holeUntilNow(missed: Missed, { settings, clock }: Pick<HoleParts, 'settings' | 'clock'>): CaptureHole {
  return captureHole({ ...missed, node: settings.node, toMicros: clock.nowMicros() });
}

export function reportHole({ node, fromSegment, toSegment, reason }: CaptureHole, report: Report): void {
  report({ kind: 'capture-hole', node, fromSegment, toSegment, reason });
}
