import { OperatorError } from '../errors.ts';
import { topics } from '../model/topics.ts';
import { type MessageBus, type Publisher, TopicTakenError } from '../ports/message-bus.ts';
import type { Ledger } from './ledger.ts';

/** Held by the one process that may run phases of this migration. */
export interface OwnerLock {
  /** Aborts some seconds after somebody took over, with an OperatorError that names him. */
  readonly lost: AbortSignal;
  /** Throws that OperatorError at once if somebody has taken over. */
  prove(): Promise<void>;
  release(): Promise<void>;
}

export interface OwnerLockOptions {
  /** Shown to a second operator. */
  readonly holder: string;
  /** Fences the present holder, whose run then stops. */
  readonly takeOver: boolean;
}

export async function takeOwnerLock(
  bus: MessageBus,
  { holder, takeOver }: OwnerLockOptions,
  signal?: AbortSignal,
): Promise<OwnerLock> {
  const publisher = await openOwner(bus, holder, takeOver, signal);
  const lost = new AbortController();
  publisher.lost.addEventListener('abort', () => lost.abort(lossOf(publisher.lost.reason)), { once: true });
  const prove = async () => {
    try {
      await publisher.publish({ payload: Buffer.from(holder) });
    } catch (error) {
      lost.abort(lossOf(error));
      throw lost.signal.reason;
    }
  };
  // A lock that nothing was written under might be held by a connection that is already dead.
  await prove();
  return { lost: lost.signal, prove, release: () => publisher.close() };
}

/** A ledger that takes decisions of the lock's holder only: of one who was fenced and has not noticed, it takes none. */
export function ownersLedger(ledger: Ledger, lock: Pick<OwnerLock, 'prove'>): Ledger {
  return {
    get state() {
      return ledger.state;
    },
    async append(fact) {
      await lock.prove();
      await ledger.append(fact);
    },
    refresh: (signal) => ledger.refresh(signal),
    close: () => ledger.close(),
  };
}

async function openOwner(bus: MessageBus, holder: string, takeOver: boolean, signal?: AbortSignal): Promise<Publisher> {
  try {
    return await bus.publisher(topics.owner, { access: takeOver ? 'take-over' : 'exclusive', holder }, signal);
  } catch (error) {
    if (!(error instanceof TopicTakenError)) throw error;
    throw new OperatorError(
      {
        expected: 'no other run of this migration',
        found: `one by ${error.holder ?? 'an unknown holder'}`,
        next: 'wait for it to end, or repeat with --take-over to stop it',
      },
      { cause: error },
    );
  }
}

function lossOf(reason: unknown): unknown {
  if (!(reason instanceof TopicTakenError)) return reason;
  return new OperatorError(
    {
      expected: 'to stay the only run of this migration',
      found: `${reason.holder ?? 'another run'} has taken over`,
      next: 'leave it to that run; what was in hand here is done again there',
    },
    { cause: reason },
  );
}
