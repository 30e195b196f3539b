import { join } from 'node:path';
import { Command, Option } from 'commander';
import { OperatorError } from '../src/errors.ts';
import type { RunOptions } from '../src/sandbox/keyspaces/run-stand-in.ts';
import { type StandInFacts, standInFacts } from '../src/sandbox/keyspaces/stand-in-facts.ts';
import { readSandbox } from '../src/sandbox/sandbox-state.ts';
import { standInDir } from '../src/sandbox/stand-in-process.ts';
import { interruptSignal } from './interrupt.ts';

interface KeyspacesOptions {
  readonly dir: string;
  readonly backing?: string;
  readonly port: string;
  readonly nodes: '1' | '3' | '9';
  readonly region: string;
  readonly lenient?: true;
  readonly off: readonly string[];
  readonly on: readonly string[];
  readonly fault: readonly string[];
  readonly seed: string;
  readonly definitionMs: string;
  readonly json?: true;
}

/** `cdcmig sandbox keyspaces`: the stand-in in front of the sandbox's target, or of any Cassandra, until Ctrl-C. */
export function sandboxKeyspacesCommand(): Command {
  return new Command('keyspaces')
    .description("a stand-in for Amazon Keyspaces in front of the sandbox's target, until Ctrl-C")
    .option('--dir <dir>', 'folder of the sandbox', join('.cdcmig', 'sandbox'))
    .option('--backing <host:port>', "a Cassandra without credentials (default: the sandbox's target)")
    .option('--port <port>', 'of CQL; the control plane and the metrics have the next two; 0: any', '9142')
    .addOption(new Option('--nodes <count>', 'nodes that drivers see').choices(['1', '3', '9']).default('1'))
    .option('--region <region>', 'its name, and that of the data center', 'eu-west-1')
    .option('--lenient', 'let pass what is refused on little evidence')
    .option('--off <rules...>', 'rules that are not to hold', [])
    .option('--on <rules...>', 'optional rules that are to hold', [])
    .option('--fault <name=value...>', 'faults from the start, as PUT /faults takes them', [])
    .option('--seed <number>', 'of its chances', '1')
    .option('--definition-ms <ms>', 'how long a CREATE, ALTER or DROP takes', '2000')
    .option('--json', 'print the addresses and files as JSON')
    .action(run);
}

async function run(options: KeyspacesOptions): Promise<void> {
  const signal = interruptSignal();
  // Loaded here: no other command has a use for it.
  const { runStandIn } = await import('../src/sandbox/keyspaces/run-stand-in.ts');
  const running = await runStandIn(runOptions(options, signal));
  const facts = standInFacts(running);
  process.stdout.write(options.json ? `${JSON.stringify(facts)}\n` : factsText(facts));
  await new Promise((resolve) => (signal.aborted ? resolve(null) : signal.addEventListener('abort', resolve)));
  await running.close();
}

function runOptions(options: KeyspacesOptions, signal: AbortSignal): RunOptions {
  return {
    dir: standInDir(options.dir),
    backing: backingOf(options),
    port: Number(options.port),
    nodes: Number(options.nodes),
    region: options.region,
    rules: { mode: options.lenient ? 'lenient' : 'strict', off: options.off, on: options.on },
    faults: Object.fromEntries(
      options.fault.map((fault) => fault.split('=', 2)).map(([name, value]) => [name, Number(value)]),
    ),
    seed: Number(options.seed),
    definitionMs: Number(options.definitionMs),
    onBug: (error) => process.stderr.write(`${error instanceof Error ? error.stack : error}\n`),
    signal,
  };
}

function backingOf({ backing, dir }: KeyspacesOptions): RunOptions['backing'] {
  if (backing) {
    const at = backing.lastIndexOf(':');
    return { host: backing.slice(0, at), port: Number(backing.slice(at + 1)) };
  }
  const sandbox = readSandbox(dir);
  if (sandbox) return { host: sandbox.target.address, port: sandbox.target.cqlPort };
  throw new OperatorError({
    expected: `a sandbox in ${dir}, whose target would hold the rows`,
    found: 'none',
    next: 'cdcmig sandbox up makes one, or name any Cassandra with --backing host:port',
  });
}

function factsText(found: StandInFacts): string {
  const rows = [
    ['CQL', found.endpoint],
    ['control plane', found.controlPlaneUrl],
    ['metrics, faults', found.metricsUrl],
    ['region', found.region],
    ['CA', found.caFile],
    ['user name', found.userName],
    ['password', found.password],
    ['AWS credentials', found.awsCredentialsFile],
  ];
  return rows.map(([name, value]) => `${name!.padEnd(16)} ${value}\n`).join('');
}
