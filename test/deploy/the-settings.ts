import type { AgentSettings } from '../../src/model/agent-settings.ts';

/** Of an agent that is not meant to follow anything. */
export function theSettings(node: string, folder: string): AgentSettings {
  return {
    node,
    mode: 'commitlog',
    commitLogDirectory: '/commitlog',
    cdcRawDirectory: '/cdc_raw',
    folder,
    folderCapBytes: 1,
    cdcTotalBytes: 0,
    cdcBlocksWrites: true,
    interlock: { atCritical: 'wait', warnAt: 0.5, criticalAt: 0.8 },
    changesPartitions: 8,
    wantedTableIds: [],
    keyspaceTableIds: [],
    counterTableIds: [],
    canaryTableId: '3'.repeat(32),
    visibilityDelayMs: 1_000,
    pulsar: { serviceUrl: 'pulsar://h:1', adminUrl: 'http://h:2', tenant: 'public', namespace: 'n' },
  };
}
