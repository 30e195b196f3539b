import type { Config } from '../config/config.ts';
import type { Finding } from '../model/finding.ts';
import type { Table } from '../model/table.ts';
import type { Clock } from '../ports/clock.ts';
import type { MessageBus } from '../ports/message-bus.ts';
import type { NodeShell } from '../ports/node-shell.ts';
import type { SourceCluster } from '../ports/source-cluster.ts';
import type { TargetKeyspace } from '../ports/target-keyspace.ts';

/** A question asked before a phase acts; it changes nothing. */
export interface Check {
  readonly name: string;
  ask(context: CheckContext): Promise<readonly Finding[]>;
}

export interface CheckContext {
  readonly config: Config;
  readonly tables: readonly Table[];
  readonly source: SourceCluster;
  readonly target: TargetKeyspace;
  readonly bus: MessageBus;
  readonly clock: Clock;
  /** What reaches a node’s machine; absent where nothing is done on one. */
  readonly handsOf?: (address: string) => { readonly shell: NodeShell; readonly admin: NodeShell };
  /** This machine. */
  readonly localShell?: NodeShell;
  readonly signal?: AbortSignal;
}

/** Asks every check, whatever the others say; one that cannot be asked is a fault of its own. */
export async function askAll(checks: readonly Check[], context: CheckContext): Promise<readonly Finding[]> {
  const answers = await Promise.all(checks.map((check) => ask(check, context)));
  return answers.flat();
}

async function ask(check: Check, context: CheckContext): Promise<readonly Finding[]> {
  try {
    return await check.ask(context);
  } catch (error) {
    context.signal?.throwIfAborted();
    const found = error instanceof Error ? error.message : String(error);
    return [
      {
        severity: 'fault',
        check: check.name,
        expected: `an answer to "${check.name}"`,
        found,
        next: 'mend that, then repeat the command',
      },
    ];
  }
}
