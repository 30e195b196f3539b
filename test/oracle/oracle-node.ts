import { copyFileSync, linkSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CassandraLine } from '../../src/sandbox/sandbox-release.ts';
import type { NodeSettings, Sandbox } from '../../src/sandbox/sandbox-state.ts';
import { startLoneNode } from '../../src/sandbox/start-lone-node.ts';
import { wipeSandbox } from '../../src/sandbox/stop-sandbox.ts';
import { compareSegments, parseSegmentName } from '../../src/wire/commitlog/segment-name.ts';
import type { CqlPool } from '../../src/wire/cql/cql-pool.ts';
import { openCqlPool } from '../../src/wire/cql/open-cql-pool.ts';

/** A node whose commit log is held: no segment of it is lost, however many tables are flushed. */
export interface OracleNode extends AsyncDisposable {
  readonly sandbox: Sandbox;
  readonly pool: CqlPool;
  /**
   * Copies of the held segments in the order of the log, so that every reader sees the same; waits until what was written before can be
   * read in them.
   */
  copySegments(): Promise<readonly string[]>;
  /** Lets go of the copies, and of what is held from before a segment: the copies to come begin with it. */
  release(copies: readonly string[], before: bigint): void;
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
    async copySegments() {
      // With compression the log reaches its file only when it is synced, once a second in a sandbox.
      await sleep(2_500);
      hold();
      const copies = mkdtempSync(join(dir, 'segments-'));
      // Front to back, as a node writes the records before the marker that leads to them.
      for (const name of inOrder(readdirSync(held))) copyFileSync(join(held, name), join(copies, name));
      return inOrder(readdirSync(copies)).map((name) => join(copies, name));
    },
    release(copies, before) {
      for (const copy of copies) {
        rmSync(copy);
        if (parseSegmentName(basename(copy))!.id < before) rmSync(join(held, basename(copy)));
      }
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

function inOrder(names: readonly string[]): readonly string[] {
  return [...names].sort((a, b) => compareSegments(parseSegmentName(a)!, parseSegmentName(b)!));
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
