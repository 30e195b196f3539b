import type { AgentState } from '../model/agent-state.ts';
import { instantText } from '../model/instant-text.ts';

/** How an agent stands, in one line for a person. */
export function agentText(state: AgentState): string {
  const { mode, level, fill, growthBytesPerSecond: growth, secondsToFull, released, waitsFor, counterRecords } = state;
  return [
    `agent (${mode}, said at ${instantText(state.atMicros)}): ${level === 'ok' ? level : level.toUpperCase()}`,
    `${state.segmentsHeld} segments, ${megabytes(fill.bytes)} of ${megabytes(fill.limitBytes)} MB (${fill.limitedBy})`,
    `${growth < 0 ? '' : '+'}${megabytes(growth)} MB/s${secondsToFull === undefined ? '' : `, full in ${secondsToFull} s`}`,
    `${megabytes(state.residentBytes)} MB of memory, ${state.cpuPercent} % of a core`,
    ...(released.segments === 0 ? [] : [`${released.segments} segments RELEASED unread since it started`]),
    ...(counterRecords > 0 ? [`${counterRecords} counter records not published`] : []),
    ...(waitsFor === undefined ? [] : [`waits: ${waitsFor}`]),
  ].join(', ');
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}
