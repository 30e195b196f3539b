/**
 * How fast one core reads commit logs: framing with checksums, and full decoding, over the recorded plain segments.
 * Run: node bench/commitlog.ts [seconds]
 */
import type { Table } from '../src/model/table.ts';
import { decodeMutation } from '../src/wire/commitlog/decode-mutation.ts';
import type { Section } from '../src/wire/commitlog/follow-segment.ts';
import { outlineRecord } from '../src/wire/commitlog/record-outline.ts';
import { recordsOf } from '../src/wire/commitlog/records.ts';
import { loadRecording, readWhole, tablesById } from '../test/wire/commitlog/recorded-segment.ts';

interface Load {
  readonly sections: readonly Section[];
  readonly tables: ReadonlyMap<string, Table>;
}

const seconds = Number(process.argv[2] ?? 3);
const loads = await Promise.all((['v41', 'v50-compat4'] as const).map(load));

report('frame and check', (section) => {
  let count = 0;
  for (const _ of recordsOf(section)) count++;
  return count;
});
report('frame, check and outline', (section) => {
  let count = 0;
  for (const record of recordsOf(section)) count += Math.sign(outlineRecord(record.body).updateCount);
  return count;
});
report('frame, check and decode', (section, tables) => {
  let count = 0;
  for (const record of recordsOf(section)) {
    // One table was dropped before the schema was recorded.
    if (!tables.has(outlineRecord(record.body).firstTableId)) continue;
    decodeMutation(record.body, section.header.logVersion, (id) => tables.get(id));
    count++;
  }
  return count;
});

async function load(name: 'v41' | 'v50-compat4'): Promise<Load> {
  const { content, fileName, schema } = loadRecording(name);
  return { sections: (await readWhole(content, fileName)).sections, tables: tablesById(schema) };
}

function report(title: string, work: (section: Section, tables: ReadonlyMap<string, Table>) => number): void {
  measure(work, Math.min(1, seconds));
  const { bytes, records, elapsedSeconds } = measure(work, seconds);
  const megabytes = (bytes / elapsedSeconds / 1e6).toFixed(0);
  const perSecond = Math.round(records / elapsedSeconds);
  process.stdout.write(
    `${title.padEnd(26)} ${megabytes.padStart(6)} MB/s ${String(perSecond).padStart(9)} mutations/s\n`,
  );
}

function measure(work: (section: Section, tables: ReadonlyMap<string, Table>) => number, forSeconds: number) {
  const startedAt = performance.now();
  let bytes = 0;
  let records = 0;
  while (performance.now() - startedAt < forSeconds * 1000) {
    for (const { sections, tables } of loads) {
      for (const section of sections) {
        records += work(section, tables);
        bytes += section.bytes.length;
      }
    }
  }
  return { bytes, records, elapsedSeconds: (performance.now() - startedAt) / 1000 };
}
