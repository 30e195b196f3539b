import { OperatorError } from '../../../src/errors.ts';
import { changesPartition } from '../../../src/model/topics.ts';
import type { WorkerContext } from '../../../src/phases/phase-context.ts';
import { runSinkWorker } from '../../../src/phases/sink-worker.ts';
import type { Clock } from '../../../src/ports/clock.ts';
import type { MessageBus, Publisher, Subscription } from '../../../src/ports/message-bus.ts';
import type { SourceCluster } from '../../../src/ports/source-cluster.ts';
import type { TableReader } from '../../../src/ports/table-reader.ts';
import type { TargetKeyspace } from '../../../src/ports/target-keyspace.ts';
import { openLedger } from '../../../src/state/ledger.ts';
import type { Random } from '../../model/simulation/random.ts';
import { aConfig } from '../../support/a-config.ts';
import { partitions, type Source } from './source.ts';
import type { Target } from './target.ts';

export interface World {
  readonly clock: Clock;
  readonly random: Random;
  readonly bus: MessageBus;
  readonly source: Source;
  readonly target: Target;
}

/** What a process of cdcmig has in hand; `isDead` of one that does nothing more. */
export async function openContext(
  world: World,
  workerName: string,
  { bus, signal, isDead }: { readonly bus: MessageBus; readonly signal: AbortSignal; readonly isDead: () => boolean },
): Promise<WorkerContext> {
  const { clock, source, target } = world;
  return {
    config: aConfig({}),
    bus,
    clock,
    signal,
    workerName,
    report: () => {},
    ledger: await openLedger({ bus, clock, by: workerName }, signal),
    source: sourceReachedBy(world, source, isDead) as SourceCluster,
    target: target.reachedBy(isDead) as TargetKeyspace,
  };
}

/** One `cdcmig worker`, as long as it lives. */
export class Worker {
  readonly #world: World;
  readonly #held = new Set<HeldSubscription>();
  readonly #killed = new AbortController();
  readonly #stopped = new AbortController();
  readonly #died = Promise.withResolvers<void>();
  #isDead = false;
  /** What it failed with of itself. */
  failure: unknown;
  readonly ended: Promise<void>;

  constructor(world: World, name: string) {
    this.#world = world;
    // In one that was killed some things never end.
    this.ended = Promise.race([this.#live(name), this.#died.promise]);
  }

  kill(): void {
    this.#isDead = true;
    this.#died.resolve();
    for (const held of this.#held) void held.lose();
    this.#killed.abort(new Error('killed'));
  }

  leave(): void {
    this.#stopped.abort(new Error('told to leave'));
  }

  /** Its partitions go to another; it learns of it only later. */
  async freeze(forMs: number): Promise<void> {
    const lost = [...this.#held];
    for (const held of lost) await held.lose();
    await this.#world.clock.sleep(forMs);
    for (const held of lost) held.learn();
  }

  async #live(name: string): Promise<void> {
    const { signal } = this.#killed;
    try {
      const context = await openContext(this.#world, name, { bus: this.#bus(), signal, isDead: () => this.#isDead });
      await runSinkWorker(context, AbortSignal.any([signal, this.#stopped.signal]));
    } catch (error) {
      if (!signal.aborted && !this.#stopped.signal.aborted) this.failure = error;
    }
  }

  #bus(): MessageBus {
    const { bus } = this.#world;
    return {
      ...bus,
      publisher: async (...of) => this.#publisher(await bus.publisher(...of)),
      subscribe: async (topic, ...of) => {
        const subscription = await bus.subscribe(topic, ...of);
        if (!lanes.has(topic)) return subscription;
        const held = new HeldSubscription(subscription, () => this.#held.delete(held));
        this.#held.add(held);
        return held;
      },
    };
  }

  #publisher(publisher: Publisher): Publisher {
    const { clock, random } = this.#world;
    return {
      ...publisher,
      publish: async (message) => {
        // To a process that is no more nobody answers.
        if (this.#isDead) return never;
        const position = await publisher.publish(message);
        await clock.sleep(random.int(4));
        return this.#isDead ? never : position;
      },
    };
  }
}

const never = new Promise<never>(() => {});

const lanes = new Set(Array.from({ length: partitions }, (_, partition) => changesPartition(partition)));

/** A subscription that the broker may give to another before this consumer is told: what it acknowledges then counts for nothing. */
class HeldSubscription implements Subscription {
  readonly #inner: Subscription;
  readonly #onClose: () => void;
  readonly #listeners: ((isActive: boolean) => void)[] = [];
  #state: 'held' | 'lost' | 'told' = 'held';

  constructor(inner: Subscription, onClose: () => void) {
    this.#inner = inner;
    this.#onClose = onClose;
  }

  get isActive(): boolean {
    return this.#state === 'lost' || (this.#state === 'held' && this.#inner.isActive);
  }

  async lose(): Promise<void> {
    if (this.#state !== 'held' || !this.#inner.isActive) return;
    this.#state = 'lost';
    await this.#inner.close();
  }

  learn(): void {
    if (this.#state !== 'lost') return;
    this.#state = 'told';
    for (const listener of this.#listeners) listener(false);
  }

  onActiveChange(listener: (isActive: boolean) => void): void {
    this.#listeners.push(listener);
    this.#inner.onActiveChange(listener);
  }

  poll() {
    return this.#state === 'held' ? this.#inner.poll() : undefined;
  }

  receive(signal?: AbortSignal) {
    return this.#inner.receive(signal);
  }

  acknowledge = (): Promise<void> => Promise.reject(new Error('a failover subscription acknowledges prefixes'));

  release = (): Promise<void> => Promise.reject(new Error('not of a failover subscription'));

  async acknowledgeUpTo(position: Parameters<Subscription['acknowledgeUpTo']>[0]): Promise<void> {
    if (this.#state === 'held') await this.#inner.acknowledgeUpTo(position);
  }

  async close(): Promise<void> {
    this.#onClose();
    await this.#inner.close();
  }
}

function sourceReachedBy({ clock, random }: World, source: Source, isDead: () => boolean): Partial<SourceCluster> {
  const nothing = { tables: [], columns: [], types: [], droppedColumns: [] };
  const canaries = { keyspace: 'canaries' };
  const throwIfAway = () => {
    if (isDead()) throw new Error('killed');
    if (clock.nowMicros() < source.awayUntilMicros)
      throw new OperatorError({ expected: 'the source to answer', found: 'no answer', next: 'look at it' });
  };
  return {
    schema: async (keyspace) => {
      await clock.sleep(random.int(20));
      throwIfAway();
      return keyspace === 'shop' ? source.keyspace.schema() : nothing;
    },
    ensureCanaryTable: async () => canaries as Awaited<ReturnType<SourceCluster['ensureCanaryTable']>>,
    async *readTimed(read: Parameters<TableReader['readTimed']>[0]) {
      await clock.sleep(random.int(50));
      throwIfAway();
      for await (const page of source.keyspace.readTimed(read, clock.nowMicros())) {
        yield page;
        await clock.sleep(random.int(300));
      }
    },
    async *readPartition(read: Parameters<TableReader['readPartition']>[0]) {
      await clock.sleep(random.int(random.chance(0.1) ? 400 : 15));
      throwIfAway();
      for await (const page of source.keyspace.readPartition(read, clock.nowMicros())) {
        yield page;
        await clock.sleep(random.int(10));
      }
    },
  };
}
