import type { ThrottleCause } from '../capacity/table-capacity.ts';
import type { Engine } from './engine.ts';
import type { Session } from './session.ts';
import type { FoundTable } from './table-lookup.ts';

export interface Demand {
  readonly side: 'read' | 'write';
  readonly units: number;
  /** Undefined where the statement is of many partitions, or only the server knows. */
  readonly token: bigint | undefined;
  /** Requests that it counts as on its connection: an IN counts as its sub-queries. */
  readonly queries: number;
}

/** Takes what a request needs of connection, table and storage partition; says what had none left. */
export function admit(
  { rules, capacities, meter, state }: Engine,
  session: Session,
  { record }: FoundTable,
  demand: Demand,
): ThrottleCause | 'connection' | undefined {
  if (!rules.holds('throttling')) return undefined;
  const nowMs = state.nowMs();
  const cause = connectionCause(session, demand, nowMs) ?? tableCause();
  if (cause) meter.throttled(demand.side, record, cause);
  return cause;

  function tableCause(): ThrottleCause | undefined {
    const { side, units, token } = demand;
    return capacities(record.arn).take(record.settings, side, units, token, nowMs);
  }
}

function connectionCause({ rate }: Session, { queries }: Demand, nowMs: number): 'connection' | undefined {
  if (!rate) return undefined;
  if (!rate.hasUnits(nowMs)) return 'connection';
  rate.take(queries);
  return undefined;
}
