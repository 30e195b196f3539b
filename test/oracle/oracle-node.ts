import { linkSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CassandraLine } from '../../src/sandbox/sandbox-release.ts';
import type { NodeSettings, Sandbox } from '../../src/sandbox/sandbox-state.ts';
import { startLoneNode } from '../../src/sandbox/start-lone-node.ts';
import { wipeSandbox } from '../../src/sandbox/stop-sandbox.ts';
import type { CqlPool } from '../../src/wire/cql/cql-pool.ts';
import { openCqlPool } from '../../src/wire/cql/open-cql-pool.ts';

/** A node whose commit log is held: no segment of it is lost, however many tables are flushed. */
export interface OracleNode extends AsyncDisposable {
  readonly sandbox: Sandbox;
  readonly pool: CqlPool;
  /** The held segments in the order of the log, the growing one last; waits until what was written before can be read in them. */
  segments(): Promise<readonly string[]>;
  /** Lets go of segments that are finished. */
  release(segments: readonly string[]): void;
  /** A new folder with the schema as it is now, on disk as Cassandra keeps it. */
  copySchema(): string;
}

export async function startOracleNode(cassandra: CassandraLine, settings: NodeSettings = {}): Promise<OracleNode> {
  const dir = mkdtempSync(join(tmpdir(), 'cdcmig-oracle-'));
  const sandbox = await startLoneNode({ dir: join(dir, 'node'), cassandra, settings: { ...heldLog, ...settings } });
  const node = sandbox.source[0]!;
  const held = join(dir, 'held');
  mkdirSync(held);
  const known = new Set<string>();
  const hold = () => holdNew(node.commitLogDir, held, known);
  hold();
  const timer = setInterval(hold, 50);
  const endpoint = { host: node.address, port: node.cqlPort };
  const pool = openCqlPool({
    contactPoints: [endpoint],
    connectionsPerHost: 2,
    maxInFlightPerConnection: 64,
    requestTimeoutMs: 60_000,
  });
  await pool.ready();
  return {
    sandbox,
    pool,
    async segments() {
      // With compression the log reaches its file only when it is synced, once a second in a sandbox.
      await sleep(2_500);
      hold();
      return inOrder(readdirSync(held)).map((name) => join(held, name));
    },
    release(segments) {
      for (const segment of segments) rmSync(segment);
    },
    copySchema() {
      const home = mkdtempSync(join(dir, 'oracle-'));
      linkTree(join(node.dir, 'data', 'system_schema'), join(home, 'data', 'system_schema'));
      return home;
    },
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await pool.close();
      await wipeSandbox(sandbox.dir);
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

// Segments are held by links of ours; with CDC the node would keep more, and refuse writes when it has kept too much.
const heldLog: NodeSettings = { cdc_enabled: false };

/** `known`: what was held once is not held again after it was let go. */
function holdNew(from: string, to: string, known: Set<string>): void {
  for (const name of readdirSync(from)) {
    if (!name.endsWith('.log') || known.has(name)) continue;
    try {
      linkSync(join(from, name), join(to, name));
      known.add(name);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
}

/** The id stands at the end of the name and outgrows no number of digits soon. */
function inOrder(names: readonly string[]): readonly string[] {
  return [...names].sort();
}

/** Links every file; begins again when one has gone meanwhile, which is how a compaction shows. */
function linkTree(from: string, to: string): void {
  for (;;) {
    const before = filesIn(from);
    try {
      for (const file of before) {
        mkdirSync(join(to, file, '..'), { recursive: true });
        linkSync(join(from, file), join(to, file));
      }
      if (filesIn(from).join() === before.join()) return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
    rmSync(to, { recursive: true, force: true });
  }
}

function filesIn(folder: string): readonly string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return entries.map((entry) => join(entry.parentPath.slice(folder.length), entry.name)).sort();
}
