import type { CaptureHole } from '../../src/model/capture-hole.ts';
import type { WrittenPage } from './write-pages.ts';

/** From when an agent was killed until it had looked again. */
interface AwaySpell {
  readonly fromMs: number;
  toMs: number;
}

/**
 * When an agent was away. What is written then it may miss, however little that is: a node whose log is full flushes its tables, and lets go of
 * all segments at once, those of the last second too.
 */
export function awaySpells() {
  const spells: AwaySpell[] = [];
  const overlaps = (fromMs: number, toMs: number) =>
    spells.some((spell) => spell.fromMs <= toMs && fromMs <= spell.toMs);
  return {
    /** Before the kill; what it answers is called once the agent is back. */
    begin(): () => void {
      const spell = { fromMs: Date.now(), toMs: Number.POSITIVE_INFINITY };
      spells.push(spell);
      return () => {
        spell.toMs = Date.now();
      };
    },
    /** Pages that were on their way while the agent was there. */
    notCovering: (pages: readonly WrittenPage[]) =>
      pages.filter(({ sentMs, acknowledgedMs }) => !overlaps(sentMs, acknowledgedMs)),
    /** Holes that lie where the agent was there all the time. */
    notExplaining: (holes: readonly CaptureHole[]) =>
      holes.filter(({ fromMicros, toMicros }) => !overlaps(Number(fromMicros / 1000n), Number(toMicros / 1000n))),
  };
}
