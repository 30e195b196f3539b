import type { CaptureHole } from '../model/capture-hole.ts';
import { topics } from '../model/topics.ts';
import type { Clock } from '../ports/clock.ts';
import type { MessageBus, Publisher } from '../ports/message-bus.ts';
import { encodeLedgerEvent } from './ledger-codec.ts';

export interface HoleBook {
  /** Resolves once the ledger has it. May be repeated: the fold knows a hole by its id. */
  book(hole: CaptureHole, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** An agent's pen for the ledger, which it never reads. Opened when it is first used, and anew after a failure. */
export function openHoleBook(bus: Pick<MessageBus, 'publisher'>, clock: Clock, by: string): HoleBook {
  let opened: Publisher | undefined;
  return {
    async book(hole, signal) {
      opened ??= await bus.publisher(topics.ledger, {}, signal);
      const publisher = opened;
      try {
        const payload = encodeLedgerEvent({ kind: 'capture-hole', hole, atMicros: clock.nowMicros(), by });
        await publisher.publish({ payload });
      } catch (error) {
        opened = undefined;
        await publisher.close().catch(() => {});
        throw error;
      }
    },
    async close() {
      await opened?.close();
    },
  };
}
