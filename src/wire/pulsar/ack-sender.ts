import type { Connection } from './connection.ts';
import { compareMessageIds, type MessageId } from './message-id.ts';
import { PulsarError } from './pulsar-error.ts';

const groupDelayMs = 10;
const maxGroupSize = 1000;
const retryDelayMs = 1_000;
const individualType = 0;
const cumulativeType = 1;

interface Waiter {
  readonly resolve: () => void;
  readonly reject: (error: PulsarError) => void;
}

interface AckGroup {
  readonly type: typeof individualType | typeof cumulativeType;
  readonly entries: MessageId[];
  readonly waiters: Waiter[];
}

/**
 * Sends acknowledgements in groups and waits for the broker's receipt. What is not receipted when the connection is lost
 * is sent again on the next one: it is still true.
 */
export class AckSender {
  private readonly consumerId: number;
  private readonly connection: () => Connection | null;
  private individual = newGroup(individualType);
  /** One entry at most, the highest. */
  private cumulative = newGroup(cumulativeType);
  private timer: NodeJS.Timeout | null = null;
  private droppedBy: PulsarError | null = null;
  private generation = 0;

  constructor(consumerId: number, connection: () => Connection | null) {
    this.consumerId = consumerId;
    this.connection = connection;
  }

  ackEntry(entry: MessageId): Promise<void> {
    this.individual.entries.push(entry);
    return this.waitIn(this.individual);
  }

  ackUpTo(entry: MessageId): Promise<void> {
    raiseTo(this.cumulative, entry);
    return this.waitIn(this.cumulative);
  }

  /** Sends what has gathered, if connected; resolves when it is answered or put back. */
  async flush(): Promise<void> {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
    const connection = this.connection();
    if (!connection) return;
    const groups = [this.cumulative, this.individual].filter((group) => group.entries.length > 0);
    this.individual = newGroup(individualType);
    this.cumulative = newGroup(cumulativeType);
    await Promise.all(groups.map((group) => this.sendGroup(group, connection)));
  }

  /** Gives up everything not receipted: a seek has made it pointless, or the consumer has ended. */
  drop(error: PulsarError): void {
    this.generation++;
    this.droppedBy = error;
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
    for (const waiter of [...this.individual.waiters, ...this.cumulative.waiters]) waiter.reject(error);
    this.individual = newGroup(individualType);
    this.cumulative = newGroup(cumulativeType);
  }

  private waitIn(group: AckGroup): Promise<void> {
    const receipt = new Promise<void>((resolve, reject) => group.waiters.push({ resolve, reject }));
    // Not everybody waits for the receipt, and a lost acknowledgement only means that the message comes again.
    receipt.catch(() => {});
    if (group.entries.length >= maxGroupSize) void this.flush();
    else this.timer ??= setTimeout(() => void this.flush(), groupDelayMs);
    return receipt;
  }

  private async sendGroup(group: AckGroup, connection: Connection): Promise<void> {
    const generation = this.generation;
    try {
      const messageIds = group.entries.map(({ ledgerId, entryId }) => ({ ledgerId, entryId }));
      const ack = { consumerId: this.consumerId, ackType: group.type, messageIds };
      await connection.request((requestId) => ({ ack: { ...ack, requestId } }));
      for (const waiter of group.waiters) waiter.resolve();
    } catch (error) {
      const isKept = generation === this.generation && error instanceof PulsarError && error.isTransient;
      if (isKept) this.putBack(group);
      else for (const waiter of group.waiters) waiter.reject(this.reasonFor(error, generation));
    }
  }

  private reasonFor(error: unknown, generation: number): PulsarError {
    if (generation !== this.generation && this.droppedBy) return this.droppedBy;
    return error instanceof PulsarError ? error : new PulsarError('Protocol', String(error), { cause: error });
  }

  private putBack(group: AckGroup): void {
    if (group.type === cumulativeType) for (const entry of group.entries) raiseTo(this.cumulative, entry);
    else this.individual.entries.push(...group.entries);
    (group.type === cumulativeType ? this.cumulative : this.individual).waiters.push(...group.waiters);
    this.timer ??= setTimeout(() => void this.flush(), retryDelayMs);
  }
}

function newGroup(type: AckGroup['type']): AckGroup {
  return { type, entries: [], waiters: [] };
}

function raiseTo(group: AckGroup, entry: MessageId): void {
  const [current] = group.entries;
  if (current === undefined || compareMessageIds(entry, current) > 0) group.entries[0] = entry;
}
