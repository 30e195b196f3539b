import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { archiveFlags, archiveName, discardArchive, publishArchive } from '../../src/sandbox/class-archive.ts';

const release = { product: 'cassandra', release: '5.0.9', pom: '' } as const;
const server = { jvm: ['-Xmx1g', '-XX:+UseSerialGC'], jars: ['/a.jar'], main: [] };
const java = { command: 'java', version: '17.0.15' };
let cache = '';
let dir = '';
beforeEach(() => {
  const root = mkdtempSync(join(tmpdir(), 'cdcmig-archive-'));
  cache = join(root, 'cache');
  dir = join(root, 'node');
  mkdirSync(dir);
});
afterEach(() => rmSync(join(dir, '..'), { recursive: true }));

test('an archive written by one server is used by the next', () => {
  expect(archiveFlags(cache, dir, 'a.jsa')[0]).toBe(`-XX:ArchiveClassesAtExit=${dir}/a.jsa`);
  writeFileSync(join(dir, 'a.jsa'), 'classes');
  publishArchive(cache, dir);
  expect(archiveFlags(cache, dir, 'a.jsa')[0]).toBe(`-XX:SharedArchiveFile=${cache}/class-archives/a.jsa`);
  expect(readdirSync(dir)).toEqual([]);
});

test('what a killed server left of an archive is not used', () => {
  writeFileSync(join(dir, 'a.jsa'), 'half');
  discardArchive(dir);
  publishArchive(cache, dir);
  expect(archiveFlags(cache, dir, 'a.jsa')[0]).toContain('ArchiveClassesAtExit');
});

test('another Java, class path or collector needs another archive; another heap does not', () => {
  const name = archiveName(release, java, server);
  expect(archiveName(release, { ...java, version: '17.0.16' }, server)).not.toBe(name);
  expect(archiveName(release, java, { ...server, jars: ['/b.jar'] })).not.toBe(name);
  expect(archiveName(release, java, { ...server, jvm: ['-XX:+UseZGC'] })).not.toBe(name);
  expect(archiveName(release, java, { ...server, jvm: ['-Xmx2g', '-XX:+UseSerialGC'] })).toBe(name);
});
