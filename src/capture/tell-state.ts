import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AgentSettings } from '../model/agent-settings.ts';
import { type AgentState, encodeAgentState } from '../model/agent-state.ts';
import { topics } from '../model/topics.ts';
import type { Clock } from '../ports/clock.ts';
import type { MessageBus, Publisher } from '../ports/message-bus.ts';
import type { Interlock } from './interlock.ts';
import { openUsage } from './own-usage.ts';
import type { CounterTally } from './publish-section.ts';
import type { Pulse } from './pulse.ts';

export interface StateParts {
  readonly settings: AgentSettings;
  readonly bus: Pick<MessageBus, 'publisher'>;
  readonly clock: Clock;
  readonly interlock: Interlock;
  readonly pulse: Pulse;
  readonly counters: CounterTally;
}

/** Looks at the fill twice a second and says every two seconds how the agent stands, until the signal aborts. */
export async function tellState(parts: StateParts, signal: AbortSignal): Promise<void> {
  const usage = openUsage();
  const teller = stateTeller(parts, signal);
  let nextMicros = 0n;
  while (!signal.aborted) {
    const locked = await parts.interlock.look();
    const atMicros = parts.clock.nowMicros();
    if (atMicros >= nextMicros) {
      const waitsFor = parts.pulse.waitsFor(atMicros);
      const { node, mode } = parts.settings;
      const own = { node, mode, atMicros, counterRecords: parts.counters.records, ...usage() };
      await teller.tell({ ...own, ...locked, ...(waitsFor !== undefined && { waitsFor }) });
      nextMicros = atMicros + tellEveryMicros;
    }
    await parts.clock.sleep(lookEveryMs, signal).catch(() => {});
  }
  await teller.close();
}

const lookEveryMs = 500;
const tellEveryMicros = 2_000_000n;

/** In the folder too: when Pulsar is away it is the only place to ask. */
function stateTeller({ settings, bus }: StateParts, signal: AbortSignal) {
  let publisher: Publisher | undefined;
  let isPublishing = false;

  async function publish(payload: Buffer): Promise<void> {
    try {
      publisher ??= await bus.publisher(topics.agents, {}, signal);
      await publisher.publish({ payload });
    } catch {
      // Why Pulsar takes nothing the session says; the next state opens it anew.
      const lost = publisher;
      publisher = undefined;
      await lost?.close().catch(() => {});
    }
  }

  return {
    async tell(state: AgentState): Promise<void> {
      const payload = encodeAgentState(state);
      await replaceFile(stateFile(settings.folder), payload);
      // Never waited for: what Pulsar has not taken is old when it takes it.
      if (isPublishing) return;
      isPublishing = true;
      void publish(payload).finally(() => {
        isPublishing = false;
      });
    },
    close: async () => publisher?.close().catch(() => {}),
  };
}

function stateFile(folder: string): string {
  return join(folder, 'state.json');
}

/** Whole or not at all for who reads it; a power cut may take it. */
async function replaceFile(path: string, content: Buffer): Promise<void> {
  await writeFile(`${path}.new`, content);
  await rename(`${path}.new`, path);
}
