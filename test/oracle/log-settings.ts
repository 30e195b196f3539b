import type { CassandraLine } from '../../src/sandbox/sandbox-release.ts';
import type { NodeSettings } from '../../src/sandbox/sandbox-state.ts';

/** A way in which a node may write its log. */
export interface LogSettings {
  readonly title: string;
  readonly line: CassandraLine;
  readonly settings: NodeSettings;
}

/** Every compressor, both versions of the log, both ways to the disk, over the three releases. */
export const logSettings: readonly LogSettings[] = [
  { title: '4.0, Deflate', line: '4.0', settings: compressed('DeflateCompressor') },
  { title: '4.1, LZ4', line: '4.1', settings: compressed('LZ4Compressor') },
  { title: '5.0, Snappy', line: '5.0', settings: compressed('SnappyCompressor') },
  {
    title: '5.0, log version 8, Zstd',
    line: '5.0',
    settings: { storage_compatibility_mode: 'NONE', ...compressed('ZstdCompressor') },
  },
  {
    title: '5.0, log version 8, direct',
    line: '5.0',
    settings: { storage_compatibility_mode: 'UPGRADING', commitlog_disk_access_mode: 'direct' },
  },
];

function compressed(className: string): NodeSettings {
  return { commitlog_compression: [{ class_name: className }] };
}
