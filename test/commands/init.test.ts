import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parse } from 'yaml';
import { initCommand } from '../../commands/init.ts';
import { configShape } from '../../src/config/config-shape.ts';
import { parseConfig, readConfig } from '../../src/config/read-config.ts';
import { OperatorError } from '../../src/errors.ts';

let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cdcmig-init-'));
  file = join(folder, 'cdcmig.yaml');
});

afterEach(() => rm(folder, { recursive: true }));

function init(...more: readonly string[]): Promise<unknown> {
  return initCommand().parseAsync(['--config', file, ...more], { from: 'user' });
}

test('the file that init writes is a valid configuration', async () => {
  await init();
  const config = readConfig(file);
  expect(config.capture.agents).toHaveLength(2);
  expect(config.workers.folder).toBe(join(folder, '.cdcmig/workers'));
});

test('every key that is commented out shows a value that is valid too, and the defaults as they are', async () => {
  await init();
  const written = await readFile(file, 'utf8');
  const full = parseConfig(uncommented(written), file);
  const { migration: _, source, target, pulsar, ...defaults } = readConfig(file);
  expect(full).toMatchObject({ ...defaults, accept: full.accept, capture: { ...defaults.capture, agents: [{}, {}] } });
  expect(full.pulsar.namespace).toBe(pulsar.namespace);
  expect(full.source.password).toBe('env:SOURCE_PASSWORD');
  expect(full.target).toMatchObject({ kind: 'cassandra', replication: { dc1: '3' } });
  expect(source.password).toBeUndefined();
  expect(target).toMatchObject({ kind: 'cassandra', replication: undefined });
  expect(full.accept.map(({ what }) => what)).toEqual(['unprovable-expiry', 'future-write-times']);
});

test('the other kind of target that it shows is valid too', async () => {
  await init();
  const lines = (await readFile(file, 'utf8')).split('\n').filter((line) => line.startsWith('##'));
  const shown = parse(lines.map((line) => line.slice(2)).join('\n'));
  expect(configShape.shape.target.parse(shown.target)).toMatchObject({ kind: 'keyspaces', region: 'eu-west-1' });
});

test('a file that is there is left alone, and the next step is said', async () => {
  await writeFile(file, 'mine');
  const error = await init().catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(OperatorError);
  expect((error as OperatorError).faults[0]?.next).toMatch(/--config.*--force/);
  expect(await readFile(file, 'utf8')).toBe('mine');
});

test('--force replaces it', async () => {
  await writeFile(file, 'mine');
  await init('--force');
  expect(parse(await readFile(file, 'utf8'))).toHaveProperty('migration');
});

test('a folder that is not there is the operator’s to mend', async () => {
  file = join(folder, 'no', 'cdcmig.yaml');
  await expect(init()).rejects.toThrow(OperatorError);
});

/** Takes the # from lines that hold a key or an item of a list. */
function uncommented(text: string): string {
  return text.replace(/^( *)# (?=( *)(\w+:( |$)|- \{))(?!(commitlog|cdc):)/gm, '$1');
}
