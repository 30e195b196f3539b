import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, unlinkSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { AgentSettings } from '../../src/model/agent-settings.ts';
import { mutation, partitionUpdate } from '../wire/commitlog/mutation-builder.ts';
import { buildSegment, type SegmentBuilder } from '../wire/commitlog/segment-builder.ts';

export const wantedTable = '11111111111111111111111111111111';
export const siblingTable = '22222222222222222222222222222222';
export const canaryTable = '33333333333333333333333333333333';
export const counterTable = '55555555555555555555555555555555';
export const foreignTable = '44444444444444444444444444444444';

/** Folders like a node's, with segments that a test writes as the node would. */
export interface NodeLog {
  readonly directory: string;
  readonly settings: AgentSettings;
  /** Appends one section; the first append to an id makes the segment. */
  append(id: bigint, ...bodies: readonly Buffer[]): void;
  /** Segments from now on are of this version: the node was restarted in another compatibility mode. */
  logVersion: 7 | 8;
  /** Overwrites the end of the last record. */
  damageEnd(id: bigint): void;
  /** Zeros instead of its first bytes, as a page that never reached the disk leaves them. */
  loseHeader(id: bigint): void;
  /** The node lets go of a segment. */
  remove(id: bigint): void;
}

export function aNodeLog(part: Partial<AgentSettings> = {}): NodeLog {
  const root = mkdtempSync(join(tmpdir(), 'cdcmig-capture-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const settings = theSettings(root, part);
  const directory = settings.mode === 'cdc' ? settings.cdcRawDirectory : settings.commitLogDirectory;
  mkdirSync(directory);
  const segments = new Map<bigint, { readonly builder: SegmentBuilder; readonly path: string }>();
  const aSegment = (id: bigint, version: number) => ({
    builder: buildSegment({ id, version }),
    path: join(directory, `CommitLog-${version}-${id}.log`),
  });
  return {
    directory,
    settings,
    logVersion: 7,
    append(id, ...bodies) {
      const segment = segments.get(id) ?? aSegment(id, this.logVersion);
      segments.set(id, segment);
      if (bodies.length > 0) segment.builder.addSection(bodies);
      writeInPlace(segment.path, segment.builder.bytes(), 0);
    },
    damageEnd: (id) =>
      writeInPlace(
        segments.get(id)!.path,
        Buffer.from([0xff, 0xff]),
        segments.get(id)!.builder.bytes().length - endZeros - 2,
      ),
    loseHeader: (id) => {
      const { builder, path } = segments.get(id)!;
      writeInPlace(path, Buffer.alloc(builder.headerLength), 0);
    },
    remove: (id) => unlinkSync(segments.get(id)!.path),
  };
}

/** What the builder leaves behind the last section. */
const endZeros = 64;

function theSettings(root: string, part: Partial<AgentSettings>): AgentSettings {
  return {
    node: 'node-1',
    mode: 'commitlog',
    commitLogDirectory: join(root, 'commitlog'),
    cdcRawDirectory: join(root, 'cdc_raw'),
    folder: join(root, 'agent'),
    folderCapBytes: 1_000_000_000,
    cdcTotalBytes: 1_000_000_000,
    cdcBlocksWrites: true,
    interlock: { atCritical: 'wait', warnAt: 0.5, criticalAt: 0.8 },
    changesPartitions: 3,
    wantedTableIds: [wantedTable],
    keyspaceTableIds: [wantedTable, siblingTable],
    counterTableIds: [counterTable],
    canaryTableId: canaryTable,
    visibilityDelayMs: 0,
    pulsar: { serviceUrl: 'pulsar://none', adminUrl: 'http://none', tenant: 'public', namespace: 'none' },
    ...part,
  };
}

/** Keeps the file: a node never replaces a segment. */
function writeInPlace(path: string, content: Buffer, offset: number): void {
  closeSync(openSync(path, 'a'));
  const file = openSync(path, 'r+');
  writeSync(file, content, 0, content.length, offset);
  closeSync(file);
}

/** The body of a record with one update of one table. */
export function aRecord(key: string, tableId: string = wantedTable): Buffer {
  return mutation(partitionUpdate({ tableId, partitionKey: Buffer.from(key), columns: [], items: [] }));
}
