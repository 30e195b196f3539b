import { handOverMarginMicros } from '../../../src/model/write-timestamp.ts';
import { migratedTables } from '../../../src/phases/migrated-tables.ts';
import type { WorkerContext } from '../../../src/phases/phase-context.ts';
import type { HandOverRecord } from '../../../src/state/ledger-event.ts';
import { readProgress } from '../../../src/stream/read-progress.ts';
import { randomOf } from '../../model/simulation/random.ts';
import { inMemoryBus } from '../../support/in-memory-bus.ts';
import { Agents, nodes } from './agents.ts';
import { type CellDifference, compareTable } from './compare.ts';
import type { Act, History } from './history.ts';
import { Operator } from './operator.ts';
import { openSnapshot, type Snapshot } from './snapshot.ts';
import { partitions, Source } from './source.ts';
import { tables } from './tables.ts';
import { Target } from './target.ts';
import { type VirtualClock, virtualClock } from './virtual-clock.ts';
import { openContext, Worker, type World } from './worker.ts';

const startMicros = 1_700_000_000_000_000n;
const handOverMicros = startMicros - 600_000_000n;
const longestEndMs = 600_000;

/** What went wrong in a history, a sentence each: none where all ended as it must. */
export async function runHistory(history: History): Promise<readonly string[]> {
  const clock = virtualClock(startMicros);
  const { random } = Math;
  // A write that is tried again waits by chance, which is to be the seed's.
  Math.random = randomOf(history.seed ^ 0x5afe).next;
  try {
    return await clock.run(new RunningHistory(history, clock).run());
  } catch (error) {
    return [errorText(error)];
  } finally {
    Math.random = random;
  }
}

class RunningHistory {
  readonly #history: History;
  readonly #world: World;
  readonly #agents: Agents;
  readonly #workers: Worker[] = [];
  #snapshot!: Snapshot;
  readonly #failures: string[] = [];
  readonly #over = new AbortController();
  /** What was begun and is to be waited for. */
  readonly #begun: Promise<void>[] = [];
  #workerCount = 0;
  #nonces = 0;

  constructor(history: History, clock: VirtualClock) {
    this.#history = history;
    const random = randomOf(history.seed ^ 0x3ead);
    const { bus } = inMemoryBus(() => Number(clock.nowMicros() / 1000n));
    this.#world = { clock, random, bus, source: new Source(clock), target: new Target(clock, random) };
    this.#agents = new Agents(this.#world.source, bus, clock);
  }

  async run(): Promise<readonly string[]> {
    const { clock, random, bus } = this.#world;
    const signal = this.#over.signal;
    const context = await openContext(this.#world, 'operator', { bus, signal, isDead: () => false });
    for (const act of this.#history.acts)
      if (act.atMs < 0 && act.kind === 'write') this.#world.source.apply(act.writes);
    await context.ledger.append({ kind: 'handed-over', record: this.#handOver() });
    this.#snapshot = await openSnapshot(context);
    const operator = new Operator(context, random);
    for (let worker = 0; worker < 2; worker++) this.#startWorker(worker);
    for (const node of nodes) this.#begin(this.#agents.run(node, random, signal));
    const isEnding = new AbortController();
    const deciding = operator.run(isEnding.signal);
    let atMs = 0;
    for (const act of this.#history.acts) {
      if (act.atMs < 0) continue;
      await clock.sleep(act.atMs - atMs);
      atMs = act.atMs;
      await this.#act(act, operator);
    }
    await this.#snapshot.copyAll();
    isEnding.abort();
    await deciding;
    await this.#end(context, operator);
    const differences = this.#failures.length > 0 ? [] : this.#compare(context);
    await this.#stop();
    return [...this.#failures, ...differences];
  }

  #handOver(): HandOverRecord {
    return {
      instantMicros: handOverMicros,
      nodes: nodes.map((hostId) => ({ hostId, address: hostId })),
      changesPartitions: partitions,
      tables: tables.map(({ name, id }) => ({ name, id })),
      recopiedTables: [],
      schema: this.#world.source.keyspace.schema(),
    };
  }

  async #act(act: Act, operator: Operator): Promise<void> {
    const { source, target, clock } = this.#world;
    switch (act.kind) {
      case 'write':
        return source.write(act.writes);
      case 'copy':
        return this.#begin(this.#snapshot.copy(act.split));
      case 'alter':
        return source.alter(act.table, act.column);
      case 'truncate':
        return source.truncate(act.table);
      case 'refuse':
        return target.refuse(act.table, act.k, clock.nowMicros() + BigInt(act.forMs) * 1000n);
      case 'replay-letters':
        return void (await operator.replayLetters());
      case 'source-away':
        source.awayUntilMicros = clock.nowMicros() + BigInt(act.forMs) * 1000n;
        return;
      case 'silence':
        return this.#agents.silence(nodes[act.node]!, clock.nowMicros() + BigInt(act.forMs) * 1000n);
      case 'decide':
        return this.#begin(operator.decide().then(() => {}));
      case 'drain':
        return void this.#askDrain();
      default:
        this.#begin(this.#mishap(act.kind, act.worker, act.forMs));
    }
  }

  async #mishap(kind: 'kill' | 'leave' | 'freeze', index: number, forMs: number): Promise<void> {
    const worker = this.#workers[index];
    if (worker === undefined) return;
    if (kind === 'freeze') return worker.freeze(forMs);
    delete this.#workers[index];
    worker[kind]();
    await worker.ended;
    await this.#world.clock.sleep(forMs);
    this.#startWorker(index);
  }

  #askDrain(): string {
    const nonce = `nonce ${++this.#nonces}`;
    this.#agents.askDrain(nonce);
    return nonce;
  }

  #startWorker(index: number): void {
    const worker = new Worker(this.#world, `worker-${++this.#workerCount}`);
    this.#workers[index] = worker;
    this.#begin(
      worker.ended.then(() => {
        if (worker.failure !== undefined) this.#failures.push(`a worker failed: ${errorText(worker.failure)}`);
      }),
    );
  }

  #begin(work: Promise<void>): void {
    work.catch((error: unknown) => this.#failures.push(errorText(error)));
    this.#begun.push(work.catch(() => {}));
  }

  /** All is decided, replayed and drained, and stays so. */
  async #end(context: WorkerContext, operator: Operator): Promise<void> {
    const { clock } = this.#world;
    const endMicros = clock.nowMicros() + BigInt(longestEndMs) * 1000n;
    let nonce: string | undefined;
    let why = '';
    for (let calm = 0; calm < 3; ) {
      await clock.sleep(3_000);
      if (this.#failures.length > 0) return;
      if (clock.nowMicros() > endMicros) return void this.#failures.push(`it never ended: ${why}`);
      const isBusy = (await operator.decide()) > 0 || (await operator.replayLetters()) > 0;
      const { waiting, drained } = await this.#progress();
      why = isBusy ? 'decisions or letters' : waiting > 0 ? `${waiting} parked` : 'not drained';
      if (isBusy || waiting > 0) [nonce, calm] = [undefined, 0];
      else if (nonce === undefined) nonce = this.#askDrain();
      else if (drained.has(nonce)) calm++;
    }
    await context.ledger.refresh();
  }

  async #progress(): Promise<{ readonly waiting: number; readonly drained: ReadonlySet<string> }> {
    const { bus, clock } = this.#world;
    const question = { bus, partitionCount: partitions, nodes, nowMicros: clock.nowMicros() };
    const position = await readProgress(question);
    const parked = [...position.partitions.values()].flatMap((partition) => partition.parked);
    return { waiting: parked.reduce((sum, { waiting }) => sum + waiting, 0), drained: new Set(position.drained) };
  }

  #compare({ ledger: { state } }: WorkerContext): readonly string[] {
    const { source, target, clock } = this.#world;
    const slices = [...state.openSlices.values()];
    return migratedTables(state).flatMap((moved) => {
      const found = compareTable({
        source: source.keyspace,
        target: target.keyspace,
        moved,
        nowMicros: clock.nowMicros(),
        directFromMicros: handOverMicros + handOverMarginMicros,
        truncatedAtMicros: source.truncatedAtMicros.get(moved.name),
      });
      const isNamed = ({ because }: CellDifference) =>
        because !== undefined && slices.some(({ table }) => table === moved.name);
      return found.filter((difference) => !isNamed(difference)).map(({ text }) => text);
    });
  }

  async #stop(): Promise<void> {
    for (const worker of this.#workers) worker?.leave();
    this.#over.abort(new Error('the history is over'));
    await Promise.all(this.#begun);
  }
}

function errorText(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
