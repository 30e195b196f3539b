import type { ProgressEvent } from '../events.ts';
import { writeRateText } from './write-rate-text.ts';

/** One line of text for an event; undefined for what is only of use to a program. */
export function eventText(event: ProgressEvent): string | undefined {
  switch (event.kind) {
    case 'phase-started':
      return `${event.phase}: started`;
    case 'phase-finished':
      return `${event.phase}: done in ${event.seconds.toFixed(1)} s: ${event.summary}`;
    case 'planned-step':
      return `${event.phase}: would ${event.step}`;
    case 'step-started':
      return undefined;
    case 'step-finished':
      return `${event.phase}: ${event.step}${event.note ? `: ${event.note}` : ''}`;
    case 'check-passed':
      return `checked: ${event.check}`;
    case 'warning':
      return `warning: ${event.text}`;
    case 'waiting':
      return `waiting: ${event.reason}`;
    case 'node-step':
      return `node ${event.node}: ${event.text}`;
    case 'agent-started':
      return `agent of node ${event.node} ${event.wasRunning ? 'runs already' : 'started'}`;
    case 'canary-seen':
      return `canary of node ${event.node} seen after ${event.afterMs} ms`;
    case 'split-copied':
      return `${event.table}: ${event.done} of ${event.total} splits copied, ${event.rows} rows`;
    case 'split-validated':
      return `${event.table}: ${event.done} of ${event.total} splits compared${event.differences > 0 ? `, ${event.differences} rows to look at again` : ''}`;
    case 'throttled':
      return `held by: ${event.by} throttling, ${event.table}: ${writeRateText(event)}, ${event.inFlight} at once now`;
    case 'dead-letter':
      return `dead letter of ${event.table}: ${event.reason}`;
    case 'capture-hole':
      return `HOLE in the capture of node ${event.node}: segments ${event.fromSegment} to ${event.toSegment}: ${event.reason}`;
    case 'capture-level':
      return `capture of node ${event.node}: ${event.level}, ${event.bytes} of ${event.limitBytes} bytes (${event.limitedBy})`;
    case 'ring-alarm':
      return event.isOver
        ? `over: node ${event.address} (${event.node}): ${event.reason}`
        : `ALARM: node ${event.address} (${event.node}): ${event.reason}. Next: ${event.next}`;
    case 'partition-taken':
      return `changes partition ${event.partition} taken`;
    case 'partition-left':
      return `changes partition ${event.partition} left`;
    case 'gate':
      return `gate ${event.isOpen ? 'open  ' : 'CLOSED'} ${event.gate}: ${event.reason}`;
    case 'batch-applied':
    case 'records-published':
      return undefined;
  }
}
