import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { outlineRecord } from '../../src/wire/commitlog/record-outline.ts';
import { loadRecording, readWhole, recordings, tablesById } from '../wire/commitlog/recorded-segment.ts';
import { aNodeLog } from './a-node-log.ts';
import { memoryBus } from './memory-bus.ts';
import { allTopics, eventsOf, startAgent } from './running-agent.ts';

for (const name of recordings) {
  test(`of the recorded segment ${name} every record of a wanted table is published once, with its place in the log`, async () => {
    const { fileName, content, schema } = loadRecording(name);
    const tables = [...tablesById(schema).keys()];
    const log = aNodeLog({ wantedTableIds: tables, keyspaceTableIds: tables });
    const memory = memoryBus();
    startAgent(log.settings, memory);
    await vi.waitFor(() => expect(memory.events('schema')).not.toEqual([]), { timeout: 20_000 });
    writeFileSync(join(log.directory, fileName), content);

    const { records } = await readWhole(content, fileName);
    const wanted = records.filter(({ body }) => tables.includes(outlineRecord(body).firstTableId));
    const published = () =>
      allTopics(log.settings)
        .filter((topic) => topic !== 'schema')
        .flatMap((topic) => eventsOf(memory, topic, 'record'));
    await vi.waitFor(() => expect(published().length).toBeGreaterThanOrEqual(wanted.length), { timeout: 20_000 });
    const inOrder = published().toSorted((a, b) => a.position - b.position);
    expect(inOrder.map(({ position }) => position)).toEqual(wanted.map(({ endPosition }) => endPosition));
    expect(inOrder.every(({ body }, index) => body.equals(wanted[index]!.body))).toBe(true);
  });
}
