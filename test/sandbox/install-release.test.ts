import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { installRelease } from '../../src/sandbox/install-release.ts';

const release = { product: 'cassandra', release: '9.9.9', pom: '/pom.xml' } as const;
let dir = '';
let cache = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'cdcmig-install-'));
  cache = join(dir, 'cache');
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(dir, { recursive: true });
});

/** Stands in for the download itself: a command named mvn, found first on the path. */
function mavenThat(script: string): void {
  const bin = join(dir, 'bin');
  mkdirSync(bin);
  const out = `for a; do case $a in -DoutputDirectory=*) out=\${a#*=};; esac; done`;
  writeFileSync(join(bin, 'mvn'), `#!/bin/sh\n${out}\n${script}\n`);
  chmodSync(join(bin, 'mvn'), 0o755);
  vi.stubEnv('PATH', `${bin}:${process.env.PATH}`);
}

const install = () => installRelease(release, { cache, onProgress: () => {} });

test('two that ask at once get one download', async () => {
  mavenThat(`echo ran >> ${dir}/runs; sleep 0.3; mkdir -p "$out"; echo jar > "$out/a.jar"`);
  const folders = await Promise.all([install(), install()]);
  expect(folders).toEqual([join(cache, 'cassandra-9.9.9'), join(cache, 'cassandra-9.9.9')]);
  expect(readFileSync(join(dir, 'runs'), 'utf8')).toBe('ran\n');
  expect(readdirSync(folders[0]!)).toEqual(['a.jar']);
});

test('what is in the cache is not downloaded again', async () => {
  mavenThat('exit 1');
  mkdirSync(join(cache, 'cassandra-9.9.9'), { recursive: true });
  expect(await install()).toBe(join(cache, 'cassandra-9.9.9'));
});

test('a download that breaks off leaves nothing, and says what Maven said', async () => {
  mavenThat('mkdir -p "$out"; echo jar > "$out/a.jar"; echo "repository unreachable"; exit 1');
  await expect(install()).rejects.toThrow(/repository unreachable.*Next: see that this machine reaches/s);
  expect(readdirSync(cache)).toEqual([]);
});

test('the rest of a download that was killed is removed by the next one', async () => {
  mavenThat('mkdir -p "$out"');
  mkdirSync(join(cache, 'downloading-abc', 'jars'), { recursive: true });
  await install();
  expect(existsSync(join(cache, 'downloading-abc'))).toBe(false);
});

test('without Maven the operator is told what to install', async () => {
  vi.stubEnv('PATH', join(dir, 'empty'));
  await expect(install()).rejects.toMatchObject({
    name: 'OperatorError',
    message: /no mvn on the path.*apt-get install/,
  });
});
