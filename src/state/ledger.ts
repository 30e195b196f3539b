import { topics } from '../model/topics.ts';
import type { Clock } from '../ports/clock.ts';
import type { MessageBus, Publisher } from '../ports/message-bus.ts';
import { decodeLedgerEvent, encodeLedgerEvent } from './ledger-codec.ts';
import type { LedgerEvent, LedgerFact } from './ledger-event.ts';
import { applyLedgerEvent, emptyState, type MigrationState } from './migration-state.ts';

/** The migration's memory. Many processes append and follow at once; each sees every event in one order. */
export interface Ledger {
  /** What has been read so far; `refresh` brings it up to the topic's end. */
  readonly state: MigrationState;
  /** Resolves once the event is stored. */
  append(fact: LedgerFact): Promise<void>;
  /** Reads to the topic's present end and answers the state there. */
  refresh(signal?: AbortSignal): Promise<MigrationState>;
  close(): Promise<void>;
}

export interface LedgerParts {
  readonly bus: MessageBus;
  readonly clock: Clock;
  /** Who appends: host and process. */
  readonly by: string;
}

export async function openLedger({ bus, clock, by }: LedgerParts, signal?: AbortSignal): Promise<Ledger> {
  const reader = await bus.reader(topics.ledger, { kind: 'earliest' }, signal);
  let publisher: Promise<Publisher> | undefined;
  let state = emptyState;
  let refreshing: Promise<MigrationState> | undefined;
  const ledger: Ledger = {
    get state() {
      return state;
    },
    async append(fact) {
      publisher ??= bus.publisher(topics.ledger);
      const event: LedgerEvent = { ...fact, atMicros: clock.nowMicros(), by };
      await (await publisher).publish({ payload: encodeLedgerEvent(event) });
    },
    // One reader, so two refreshes at once share the second half of the first.
    refresh(refreshSignal) {
      refreshing = (refreshing ?? Promise.resolve(state)).catch(() => state).then(() => readToEnd(refreshSignal));
      return refreshing;
    },
    async close() {
      await (await publisher)?.close();
      await reader.close();
    },
  };
  await ledger.refresh(signal);
  return ledger;

  async function readToEnd(readSignal?: AbortSignal): Promise<MigrationState> {
    for (;;) {
      const message = await reader.nextUntilEnd(readSignal);
      if (message === undefined) return state;
      state = applyLedgerEvent(state, decodeLedgerEvent(message.payload));
    }
  }
}
