import { OperatorError } from '../errors.ts';
import type { HandOverRecord } from '../state/ledger-event.ts';
import { NodePulses, pulseNonce } from '../stream/node-pulses.ts';
import type { SchemaFollower } from '../stream/schema-follower.ts';
import type { WorkerContext } from './phase-context.ts';
import { sideBySide } from './side-by-side.ts';

const pulseEveryMs = 5_000;
const readSchemaEveryMs = 5_000;

/** Undefined where our own agents mark the lanes themselves. */
export async function openPulses(
  { bus, clock, source, signal }: WorkerContext,
  { datastax }: HandOverRecord,
): Promise<NodePulses | undefined> {
  if (!datastax) return undefined;
  const table = await source.ensureCanaryTable(signal);
  const settleMicros = BigInt(datastax.settleMs) * 1000n;
  return NodePulses.open({ bus, clock, topic: datastax.canaryTopic, table, settleMicros }, signal);
}

/** What the DataStax agents do not do by themselves: give signs of life, and tell of the schema. */
export function followDatastax(context: WorkerContext, pulses: NodePulses, schema: SchemaFollower) {
  return (stop: AbortSignal): Promise<void> =>
    sideBySide(
      stop,
      (either) => repeat('the agents cannot be heard', 500, context, either, () => pulses.look(either)),
      (either) =>
        repeat('no canary can be written', pulseEveryMs, context, either, () =>
          context.source.writeCanary(pulseNonce, either),
        ),
      // No record of a schema change ever comes.
      (either) => repeat('the schema cannot be read', readSchemaEveryMs, context, either, () => schema.reload(either)),
    );
}

async function repeat(
  what: string,
  everyMs: number,
  { clock, report }: Pick<WorkerContext, 'clock' | 'report'>,
  stop: AbortSignal,
  work: () => Promise<void>,
): Promise<void> {
  while (!stop.aborted) {
    try {
      await work();
    } catch (error) {
      if (stop.aborted) return;
      if (!(error instanceof OperatorError)) throw error;
      report({ kind: 'waiting', reason: `${what}: ${error.message}` });
    }
    await clock.sleep(everyMs, stop).catch(() => {});
  }
}
