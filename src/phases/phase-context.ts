import type { Config } from '../config/config.ts';
import type { NodeProgram } from '../deploy/agent-bounds.ts';
import type { NodeHands } from '../deploy/node-agent.ts';
import type { Report } from '../events.ts';
import type { Table } from '../model/table.ts';
import type { Plan } from '../plan/plan-migration.ts';
import type { Clock } from '../ports/clock.ts';
import type { MessageBus } from '../ports/message-bus.ts';
import type { NodeShell, Upload } from '../ports/node-shell.ts';
import type { SourceCluster } from '../ports/source-cluster.ts';
import type { SourceConnectors } from '../ports/source-connectors.ts';
import type { TargetKeyspace } from '../ports/target-keyspace.ts';
import type { Ledger } from '../state/ledger.ts';

/** What can be told and decided while no cluster answers. */
export interface LedgerContext {
  readonly config: Config;
  readonly bus: MessageBus;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly report: Report;
  /** Names this process in the books. */
  readonly workerName: string;
  readonly signal: AbortSignal;
}

/** What can be told and done while the target does not answer. */
export interface SourceContext extends LedgerContext {
  readonly source: SourceCluster;
}

/** What a worker, and every phase, may touch. */
export interface WorkerContext extends SourceContext {
  readonly target: TargetKeyspace;
}

/** What changes the nodes of the source and puts them back. */
export interface NodesContext extends SourceContext {
  /** What reaches a node's machine. */
  readonly handsOf: (address: string) => NodeHands;
  /** How the agent of a node is run: from where this program is, or from files that are brought to it. */
  readonly agentProgramOf: (address: string) => Promise<ProgramOnNode>;
}

export interface PhaseContext extends WorkerContext, NodesContext {
  readonly plan: Plan;
  readonly tables: readonly Table[];
  readonly connectors: SourceConnectors;
  /** This machine, where `run` starts its own workers. */
  readonly localShell: NodeShell;
  /** How this program is started again: command and first arguments. */
  readonly program: readonly [command: string, ...firstArguments: string[]];
  readonly configFile: string;
  readonly options: RunOptions;
  /** Throws unless this run is still the only one of its migration. */
  readonly proveOwner: () => Promise<void>;
}

export interface RunOptions {
  /** Cutover: the operator says that the application has stopped writing. */
  readonly writesStopped: boolean;
  /** Cutover: the operator has looked for hints where a node's version cannot tell of them. */
  readonly hintsChecked: boolean;
  /** A plan's digest that the operator accepts although the migration began with another. */
  readonly acceptPlan: string | undefined;
  /** Cutover: what the validation after the drain compares; undefined: everything, unless that took long the last time. */
  readonly validation: 'full' | 'changed' | undefined;
  /** Cutover: must be the keyspace's name. */
  readonly confirm: string | undefined;
}

export interface ProgramOnNode {
  readonly command: NodeProgram;
  readonly files: readonly Upload[];
}
