import { join } from 'node:path';
import type { PulsarSettings, SandboxPulsar } from './sandbox-state.ts';

/** The distribution's own `standalone.conf` with the sandbox's settings, and then `more`, in place of the shipped ones. */
export function standaloneConf(shipped: string, pulsar: SandboxPulsar, more: PulsarSettings = {}): string {
  const settings = { ...sandboxSettings(pulsar), ...more };
  const kept = shipped.split('\n').filter((line) => !(keyOf(line) in settings));
  const own = Object.entries(settings).map(([key, value]) => `${key}=${value}`);
  // The shipped file has no final newline; joined by lines, its last key cannot swallow our first one.
  return [...kept, ...own, ''].join('\n');
}

function keyOf(line: string): string {
  return line.startsWith('#') ? '' : line.split('=', 1)[0]!.trim();
}

function sandboxSettings(pulsar: SandboxPulsar): PulsarSettings {
  return {
    bindAddress: pulsar.address,
    advertisedAddress: pulsar.address,
    brokerServicePort: pulsar.brokerPort,
    webServicePort: pulsar.webPort,
    // Else the bookie listens on all interfaces of the machine.
    listeningInterface: loopbackInterface,
    narExtractionDirectory: join(pulsar.dir, 'nar'),
    webSocketServiceEnabled: false,
    // The default makes idle topics without subscriptions vanish in the middle of a rehearsal.
    brokerDeleteInactiveTopicsEnabled: false,
    // For consumers that ask for it: what is acknowledged in the middle of a batch does not come again.
    acknowledgmentAtBatchIndexLevelEnabled: true,
    ...smallMachine,
  };
}

const loopbackInterface = process.platform === 'darwin' ? 'lo0' : 'lo';

const smallMachine = {
  numIOThreads: 2,
  numHttpServerThreads: 8,
  numOrderedExecutorThreads: 2,
  numCacheExecutorThreadPoolSize: 2,
  topicOrderedExecutorThreadNum: 2,
  managedLedgerNumSchedulerThreads: 2,
  bookkeeperNumberOfChannelsPerBookie: 2,
  numWorkerThreadsForNonPersistentTopic: 1,
  managedLedgerCacheSizeMB: 32,
  dbStorage_writeCacheMaxSizeMb: 32,
  dbStorage_readAheadCacheMaxSizeMb: 16,
  dbStorage_rocksDB_blockCacheSize: 8_388_608,
};
