import { CellStore } from './cell-store.ts';
import { type Operation, replicaCount } from './history.ts';

/** The source cluster: three replicas, each with what has reached it so far. Time only moves forward. */
export class Source {
  readonly #replicas: readonly { readonly store: CellStore; readonly log: readonly Operation[]; applied: number }[];

  constructor(operations: readonly Operation[]) {
    this.#replicas = Array.from({ length: replicaCount }, (_, replica) => ({
      store: new CellStore('by value'),
      log: [...operations].sort((a, b) => (a.arrivals[replica]! < b.arrivals[replica]! ? -1 : 1)),
      applied: 0,
    }));
  }

  /** What a read at consistency ONE sees that this replica answers. */
  replicaAt(replica: number, nowMicros: bigint): CellStore {
    const state = this.#replicas[replica]!;
    while (state.applied < state.log.length && state.log[state.applied]!.arrivals[replica]! <= nowMicros) {
      state.store.apply(state.log[state.applied++]!.update);
    }
    return state.store;
  }
}
