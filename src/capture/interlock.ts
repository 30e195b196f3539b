import type { Report } from '../events.ts';
import type { AgentSettings } from '../model/agent-settings.ts';
import type { AgentState, FillLevel } from '../model/agent-state.ts';
import type { CaptureHole } from '../model/capture-hole.ts';
import type { Clock } from '../ports/clock.ts';
import { sinceOf } from './agent-position.ts';
import { chooseReleased, type FillSample, growthOf, levelOf, secondsToFull, withSample } from './fill-level.ts';
import { holeUntilNow, reportHole } from './note-hole.ts';
import type { Progress } from './progress.ts';
import type { ProgressSaver } from './save-progress.ts';
import type { ReleasableSegment, SegmentSource, SourceFill } from './segment-source.ts';
import { tablesInSegment } from './tables-in-segment.ts';

export interface InterlockParts {
  readonly settings: AgentSettings;
  readonly progress: Progress;
  readonly saver: ProgressSaver;
  readonly source: Pick<SegmentSource, 'fill' | 'releasable'>;
  readonly clock: Clock;
  readonly report: Report;
}

type Interlocked = Pick<
  AgentState,
  'level' | 'fill' | 'growthBytesPerSecond' | 'secondsToFull' | 'segmentsHeld' | 'released'
>;

export interface Interlock {
  /** Measures, and at critical does what was agreed. */
  look(): Promise<Interlocked>;
}

/** Keeps what waits for Pulsar from filling the disk or, in cdc mode, from stopping the application. */
export function openInterlock(parts: InterlockParts): Interlock {
  const { settings, source, clock } = parts;
  const sayLevel = levelSayer(parts);
  let samples: readonly FillSample[] = [];
  let released = { segments: 0, bytes: 0 };

  async function look(): Promise<Interlocked> {
    const measured = await source.fill();
    samples = withSample(samples, { atMicros: clock.nowMicros(), bytes: measured.fill.bytes });
    const growthBytesPerSecond = Math.round(growthOf(samples));
    const level = levelOf(measured.fill, settings.interlock);
    sayLevel(level, measured);
    if (level === 'critical' && settings.interlock.atCritical === 'release') {
      const gone = await releaseOldest(parts, measured);
      released = { segments: released.segments + gone.segments, bytes: released.bytes + gone.bytes };
    }
    const left = secondsToFull(measured.fill, growthBytesPerSecond);
    return {
      level,
      fill: measured.fill,
      growthBytesPerSecond,
      ...(left !== undefined && { secondsToFull: left }),
      segmentsHeld: measured.segments,
      released,
    };
  }

  return { look };
}

/**
 * Lets go of the oldest segments unread. The position that calls them finished and the hole are one file, which is on disk before the first
 * segment is deleted; a crash before that has released nothing, and after it the next start deletes what is left of them.
 */
async function releaseOldest(
  parts: InterlockParts,
  { fill }: SourceFill,
): Promise<{ segments: number; bytes: number }> {
  const { settings, progress, saver, source } = parts;
  const chosen = chooseReleased(await source.releasable(), fill, settings.interlock);
  const last = chosen.at(-1);
  if (last === undefined) return { segments: 0, bytes: 0 };
  const hole = await holeOf(chosen, parts);
  progress.release(last.id, hole);
  await saver.saveNow();
  if (hole) reportHole(hole, parts.report);
  const bytes = chosen.reduce((sum, segment) => sum + segment.bytes, 0);
  parts.report({ kind: 'warning', text: `released ${chosen.length} segments of ${bytes} bytes up to ${last.id}` });
  return { segments: chosen.length, bytes };
}

/** Undefined when nothing in them was wanted: as if they had been read. */
async function holeOf(chosen: readonly ReleasableSegment[], parts: InterlockParts): Promise<CaptureHole | undefined> {
  const { settings, progress } = parts;
  const tables = new Set<string>();
  let areKnown = true;
  for (const segment of chosen) {
    const found = await tablesInSegment(segment, progress.position.places.get(segment.id), settings);
    areKnown &&= found !== undefined;
    for (const table of found ?? []) tables.add(table);
  }
  if (areKnown && tables.size === 0) return undefined;
  const [first, last] = [chosen[0]!.id, chosen.at(-1)!.id];
  const tableIds = areKnown ? [...tables].sort() : undefined;
  const missed = { fromSegment: first, toSegment: last, fromMicros: sinceOf(first, progress.position), tableIds };
  return holeUntilNow({ ...missed, reason: 'released unread, as capture.atCritical says' }, parts);
}

function levelSayer({ settings, report }: InterlockParts): (level: FillLevel, measured: SourceFill) => void {
  let said: FillLevel = 'ok';
  return (level, { fill }) => {
    if (level === said) return;
    said = level;
    report({ kind: 'capture-level', node: settings.node, level, ...fill });
  };
}
