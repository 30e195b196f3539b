import { Command } from 'commander';
import { systemClock } from '../src/adapters/clock.ts';
import { openPulsarBus } from '../src/adapters/pulsar/open-pulsar-bus.ts';
import { yieldToOthers } from '../src/adapters/yield-to-others.ts';
import { readSettings } from '../src/capture/read-settings.ts';
import { runAgent } from '../src/capture/run-agent.ts';
import { secretBehind } from '../src/config/read-config.ts';
import type { ProgressEvent } from '../src/events.ts';
import type { AgentSettings } from '../src/model/agent-settings.ts';
import type { MessageBus } from '../src/ports/message-bus.ts';
import { openHoleBook } from '../src/state/book-hole.ts';

/** `cdcmig agent`: what deploy-agent starts on each source node. Ends by SIGTERM or an exception, never by itself. */
export function agentCommand(): Command {
  return new Command('agent')
    .description('follow the commit log of the source node that this runs on; deploy-agent starts it')
    .requiredOption('--settings <file>', 'agent.json, as deploy-agent wrote it')
    .action(agent);
}

async function agent(options: { readonly settings: string }): Promise<void> {
  await yieldToOthers();
  const settings = await readSettings(options.settings);
  const stop = new AbortController();
  process.once('SIGTERM', () => stop.abort());
  process.once('SIGINT', () => stop.abort());
  const bus = busOnDemand(() => openBus(settings));
  const clock = systemClock();
  const book = openHoleBook(bus, clock, `agent of ${settings.node}`);
  try {
    await runAgent(settings, { bus, clock, report, bookHole: book.book, signal: stop.signal });
  } finally {
    await book.close();
    await bus.close();
  }
}

/** Opened when it is first used and tried again until it opens: the agent must hold segments also while Pulsar is away. */
function busOnDemand(open: () => Promise<MessageBus>): Pick<MessageBus, 'publisher' | 'close'> {
  let opening: Promise<MessageBus> | undefined;
  const opened = () => {
    opening ??= open().catch((error: unknown) => {
      opening = undefined;
      throw error;
    });
    return opening;
  };
  return {
    publisher: async (...wanted) => (await opened()).publisher(...wanted),
    close: async () => (await opening?.catch(() => undefined))?.close(),
  };
}

function openBus({ node, pulsar: { token, ...pulsar } }: AgentSettings): Promise<MessageBus> {
  const secret = secretBehind(token);
  return openPulsarBus({
    ...pulsar,
    ...(secret !== undefined && { token: secret }),
    clientName: `cdcmig agent of ${node}`,
  });
}

function report(event: ProgressEvent): void {
  const line = JSON.stringify({ at: new Date().toISOString(), ...event }, (_, value) =>
    typeof value === 'bigint' ? `${value}` : value,
  );
  process.stderr.write(`${line}\n`);
}
