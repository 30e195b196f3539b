import type { Config } from '../config/config.ts';
import type { Finding } from '../model/finding.ts';
import type { NodeSettings } from '../ports/source-cluster.ts';
import type { Check } from './check.ts';

/** Every node of the source answers: an agent on a node that is down sees nothing, and a canary needs them all. */
export const nodesUp: Check = {
  name: 'nodes up',
  async ask({ source, signal }) {
    const nodes = await source.nodes(signal);
    return nodes
      .filter((node) => !node.isUp)
      .map((node) => fault(this.name, `node ${node.address} up`, 'it is down', 'start it, then repeat the command'));
  },
};

const warnSkewMicros = 500_000n;
const worstSkewMicros = 30_000_000n;

/** Write times of all coordinators and ours are compared, so the clocks must agree well within the hand-over's margin of a minute. */
export const clocksAgree: Check = {
  name: 'clocks',
  async ask({ source, target, signal }) {
    const nodes = await source.nodes(signal);
    const settings = await Promise.all(
      nodes.filter((node) => node.isUp).map((node) => source.nodeSettings(node, signal)),
    );
    const skews = [
      ...settings.map(({ hostId, clockSkewMicros }) => ({ who: `source node ${hostId}`, skew: clockSkewMicros })),
      { who: 'the target', skew: await target.clockSkewMicros(signal) },
    ];
    return skews.flatMap(({ who, skew }): Finding[] => {
      const size = skew < 0n ? -skew : skew;
      if (size < warnSkewMicros) return [];
      const found = `${Number(skew / 1000n)} ms apart`;
      const expected = `the clock of ${who} within ${size < worstSkewMicros ? '0.5' : '30'} s of ours`;
      return [
        {
          severity: size < worstSkewMicros ? 'warning' : 'fault',
          check: this.name,
          expected,
          found,
          next: 'synchronise the clocks (NTP)',
        },
      ];
    });
  },
};

/** Cassandra syncs every ten seconds unless told otherwise; an uncompressed log shows a write within a tenth of one. */
const compressedLogDelayMs = 12_000;

/** In cdc mode the nodes must have been started with CDC; in either mode an encrypted or unknown log cannot be read. */
export const commitLogReadable: Check = {
  name: 'commit log',
  async ask({ config, source, signal }) {
    const nodes = await source.nodes(signal);
    const settings = await Promise.all(
      nodes.filter((node) => node.isUp).map((node) => source.nodeSettings(node, signal)),
    );
    const ofCdc = config.capture.mode === 'cdc' ? [...logsWithoutCdc(settings), ...droppedWhenFull(settings)] : [];
    return [...encryptedLogs(settings), ...syncedLogs(settings, config), ...ofCdc];
  },
};

function syncedLogs(settings: readonly NodeSettings[], { capture }: Config): readonly Finding[] {
  if (capture.visibilityDelayMs >= compressedLogDelayMs) return [];
  return settings
    .filter(isShownAtSyncOnly)
    .map(({ hostId }) =>
      fault(
        'commit log',
        `capture.visibilityDelayMs of at least ${compressedLogDelayMs}, as node ${hostId} writes its log`,
        `${capture.visibilityDelayMs}; with compression or direct I/O a write shows only at the next sync`,
        `set capture.visibilityDelayMs: ${compressedLogDelayMs}`,
      ),
    );
}

function isShownAtSyncOnly({ commitLogCompression, commitLogAccess }: NodeSettings): boolean {
  return (commitLogCompression ?? 'none') !== 'none' || commitLogAccess === 'direct';
}

function logsWithoutCdc(settings: readonly NodeSettings[]): readonly Finding[] {
  return settings
    .filter(({ cdcEnabled }) => cdcEnabled === false)
    .map(({ hostId }) =>
      fault(
        'commit log',
        `cdc_enabled: true on node ${hostId}`,
        'it is off',
        'set it in cassandra.yaml and restart the node, or use capture.mode: commitlog',
      ),
    );
}

function encryptedLogs(settings: readonly NodeSettings[]): readonly Finding[] {
  return settings
    .filter(({ isCommitLogEncrypted }) => isCommitLogEncrypted)
    .map(({ hostId }) =>
      fault(
        'commit log',
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
      check: 'commit log',
      expected: `cdc_block_writes: true on node ${hostId}`,
      found:
        'false: when cdc_raw is full the node deletes its oldest segments, published or not, instead of rejecting writes',
      next: 'nothing, if the application matters more: what is deleted unread becomes slices in doubt that must be compared',
    }));
}

export function fault(check: string, expected: string, found: string, next: string): Finding {
  return { severity: 'fault', check, expected, found, next };
}
