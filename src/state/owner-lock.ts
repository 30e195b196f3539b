import { OperatorError } from '../errors.ts';
import { topics } from '../model/topics.ts';
import { type MessageBus, type Publisher, TopicTakenError } from '../ports/message-bus.ts';

/** Held by the one process that may run phases of this migration. */
export interface OwnerLock {
  /** Aborts when somebody took over. */
  readonly lost: AbortSignal;
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
  // A lock that nothing was written under might be held by a connection that is already dead.
  await publisher.publish({ payload: Buffer.from(holder) });
  return { lost: publisher.lost, release: () => publisher.close() };
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
