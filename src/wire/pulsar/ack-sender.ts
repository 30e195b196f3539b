import type { AckTarget } from './batch-acks.ts';
import type { Connection } from './connection.ts';
import { entryKeyOf } from './message-id.ts';
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
  /** One an entry: a later set of the same batch says more than an earlier one. */
  readonly targets: Map<string, AckTarget>;
  readonly waiters: Waiter[];
}

export interface AckLink {
  readonly connection: Connection | null;
  /** Of the consumer, on that connection. */
  readonly id: number;
}

/**
 * Sends acknowledgements in groups and waits for the broker's receipt. What is not receipted when the connection is lost
 * is sent again on the next one: it is still true.
 */
export class AckSender {
  private readonly link: AckLink;
  private individual = newGroup(individualType);
  /** One target at most, the highest. */
  private cumulative = newGroup(cumulativeType);
  private timer: NodeJS.Timeout | null = null;
  private droppedBy: PulsarError | null = null;
  private generation = 0;

  constructor(link: AckLink) {
    this.link = link;
  }

  /** All of them are told in one command, so that none can be stored without the others. */
  ack(targets: readonly AckTarget[]): Promise<void> {
    for (const target of targets) this.individual.targets.set(entryKeyOf(target), target);
    return this.waitIn(this.individual);
  }

  ackUpTo(target: AckTarget): Promise<void> {
    raiseTo(this.cumulative, target);
    return this.waitIn(this.cumulative);
  }

  /** Sends what has gathered, if connected; resolves when it is answered or put back. */
  async flush(): Promise<void> {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
    const { connection } = this.link;
    if (!connection) return;
    const groups = [this.cumulative, this.individual].filter((group) => group.targets.size > 0);
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
    if (group.targets.size >= maxGroupSize) void this.flush();
    else this.timer ??= setTimeout(() => void this.flush(), groupDelayMs);
    return receipt;
  }

  private async sendGroup(group: AckGroup, connection: Connection): Promise<void> {
    const generation = this.generation;
    try {
      const ack = { consumerId: this.link.id, ackType: group.type, messageIds: [...group.targets.values()] };
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
    const next = group.type === cumulativeType ? this.cumulative : this.individual;
    for (const [key, target] of group.targets) {
      if (group.type === cumulativeType) raiseTo(next, target);
      else if (!next.targets.has(key)) next.targets.set(key, target);
    }
    next.waiters.push(...group.waiters);
    this.timer ??= setTimeout(() => void this.flush(), retryDelayMs);
  }
}

function newGroup(type: AckGroup['type']): AckGroup {
  return { type, targets: new Map(), waiters: [] };
}

/** Of two sets of one entry the later one is the higher. */
function raiseTo(group: AckGroup, target: AckTarget): void {
  const [current] = group.targets.values();
  if (current !== undefined && compareTargets(target, current) < 0) return;
  group.targets.clear();
  group.targets.set(entryKeyOf(target), target);
}

function compareTargets(a: AckTarget, b: AckTarget): number {
  const entries = a.ledgerId - b.ledgerId || a.entryId - b.entryId;
  if (entries !== 0 || (a.ackSet === undefined) === (b.ackSet === undefined)) return entries;
  return a.ackSet === undefined ? 1 : -1;
}
