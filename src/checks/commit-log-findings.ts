import type { Config } from '../config/config.ts';
import type { Finding } from '../model/finding.ts';
import type { NodeSettings } from '../ports/source-cluster.ts';
import { fault } from './fault.ts';

export const commitLog = 'commit log';

interface CaptureChoice extends Pick<Config['capture'], 'mode' | 'visibilityDelayMs'> {
  /** Host ids of nodes on which deploy-agent itself turns CDC on. */
  readonly turnedOnHere?: ReadonlySet<string>;
}

/** What stands in the way of reading the nodes' logs, as each node tells of itself. */
export function commitLogFindings(settings: readonly NodeSettings[], capture: CaptureChoice): readonly Finding[] {
  const ofCdc = capture.mode === 'cdc' ? [...logsWithoutCdc(settings, capture), ...droppedWhenFull(settings)] : [];
  return [...encryptedLogs(settings), ...syncedLogs(settings, capture), ...ofCdc];
}

/** Cassandra syncs every ten seconds unless told otherwise; an uncompressed log shows a write within a tenth of one. */
const compressedLogDelayMs = 12_000;

function syncedLogs(settings: readonly NodeSettings[], capture: CaptureChoice): readonly Finding[] {
  if (capture.visibilityDelayMs >= compressedLogDelayMs) return [];
  return settings
    .filter(isShownAtSyncOnly)
    .map(({ hostId }) =>
      fault(
        commitLog,
        `capture.visibilityDelayMs of at least ${compressedLogDelayMs}, as node ${hostId} writes its log`,
        `${capture.visibilityDelayMs}; with compression or direct I/O a write shows only at the next sync`,
        `set capture.visibilityDelayMs: ${compressedLogDelayMs}`,
      ),
    );
}

function isShownAtSyncOnly({ commitLogCompression, commitLogAccess }: NodeSettings): boolean {
  return (commitLogCompression ?? 'none') !== 'none' || commitLogAccess === 'direct';
}

function logsWithoutCdc(settings: readonly NodeSettings[], { turnedOnHere }: CaptureChoice): readonly Finding[] {
  return settings
    .filter(({ cdcEnabled, hostId }) => cdcEnabled === false && !turnedOnHere?.has(hostId))
    .map(({ hostId }) =>
      fault(
        commitLog,
        `cdc_enabled: true on node ${hostId}`,
        'it is off',
        'set it in cassandra.yaml and restart the node, or name the file in cassandraYaml so that deploy-agent does, or use capture.mode: commitlog',
      ),
    );
}

function encryptedLogs(settings: readonly NodeSettings[]): readonly Finding[] {
  return settings
    .filter(({ isCommitLogEncrypted }) => isCommitLogEncrypted)
    .map(({ hostId }) =>
      fault(
        commitLog,
        `a commit log of node ${hostId} that can be read`,
        'transparent_data_encryption_options are on: new segments are encrypted',
        'turn them off and restart the node',
      ),
    );
}

/** Allowed, since the application is safe from it; what the agent has not published by then is lost to it and booked as a hole. */
function droppedWhenFull(settings: readonly NodeSettings[]): readonly Finding[] {
  return settings
    .filter(({ cdcBlocksWrites }) => !cdcBlocksWrites)
    .map(({ hostId }) => ({
      severity: 'warning',
      check: commitLog,
      expected: `cdc_block_writes: true on node ${hostId}`,
      found:
        'false: when cdc_raw is full the node deletes its oldest segments, published or not, instead of rejecting writes',
      next: 'nothing, if the application matters more: what is deleted unread becomes slices in doubt that must be compared',
    }));
}
