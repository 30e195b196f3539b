import type { AgentState } from './agent-state.ts';

/** What an operator must be told of an agent at once; undefined while all is well. */
export function agentAlarm({ level, fill, secondsToFull, released, waitsFor }: AgentState): string | undefined {
  if (level === 'ok' && released.segments === 0) return undefined;
  return [
    `capture ${level}: ${megabytes(fill.bytes)} of ${megabytes(fill.limitBytes)} MB (${fill.limitedBy})`,
    ...(level !== 'ok' && secondsToFull !== undefined ? [`full in ${secondsToFull} s`] : []),
    ...(released.segments > 0 ? [`${released.segments} segments released unread since the agent started`] : []),
    ...(waitsFor === undefined ? [] : [`waits: ${waitsFor}`]),
  ].join('; ');
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}
