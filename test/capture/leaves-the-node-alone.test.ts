import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { aNodeLog, aRecord, type NodeLog } from './a-node-log.ts';
import { memoryBus } from './memory-bus.ts';
import { publishedKeys, startAgent } from './running-agent.ts';

const base = 1_699_999_000_000n;

interface OpenFile {
  readonly path: string;
  readonly flags: number;
}

/** Segments that this process, in which the agent runs, has open. */
function openSegments({ directory }: NodeLog): readonly OpenFile[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const path = readlinkSync(`/proc/self/fd/${fd}`);
      const flags = Number.parseInt(/flags:\s+(\d+)/.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))![1]!, 8);
      return path.startsWith(dirname(directory)) && path.includes('CommitLog-') ? [{ path, flags }] : [];
    } catch {
      // Closed since it was listed.
      return [];
    }
  });
}

/** All of the folder that its owner can see, but for the count of links, which holding a segment raises. */
function shownTo({ directory }: NodeLog): readonly unknown[] {
  return readdirSync(directory).map((name) => {
    const { ino, size, mode, uid, gid, mtimeMs } = statSync(join(directory, name));
    return { name, ino, size, mode, uid, gid, mtimeMs, content: readFileSync(join(directory, name), 'base64') };
  });
}

/** O_WRONLY, O_RDWR, O_CREAT, O_TRUNC, O_APPEND. */
const writing = 0o1 | 0o2 | 0o100 | 0o1000 | 0o2000;

for (const mode of ['commitlog', 'cdc'] as const) {
  test(`in ${mode} mode the agent only ever reads what the node writes, and maps none of it`, async () => {
    const log = aNodeLog({ mode });
    const memory = memoryBus();
    log.append(base, aRecord('before'));
    startAgent(log.settings, memory);
    await vi.waitFor(() => expect(memory.events('schema').length).toBeGreaterThan(0), { timeout: 20_000 });
    log.append(base, aRecord('a'));
    log.append(base + 1n, aRecord('b'));
    const before = shownTo(log);
    await vi.waitFor(() => expect(publishedKeys(memory, log.settings).toSorted()).toEqual(['a', 'b']), {
      timeout: 20_000,
    });

    const open = openSegments(log);
    expect(open.length).toBeGreaterThan(0);
    expect(open.filter(({ flags }) => (flags & writing) !== 0)).toEqual([]);
    expect(readFileSync('/proc/self/maps', 'utf8')).not.toContain('CommitLog-');
    // In cdc mode the node leaves it to the agent to delete what is published.
    const left = shownTo(log);
    expect(before).toEqual(mode === 'cdc' ? expect.arrayContaining([...left]) : left);
  });
}
