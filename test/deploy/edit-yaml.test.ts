import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { editYaml } from '../../src/deploy/edit-yaml.ts';
import { textDiff } from '../../src/deploy/text-diff.ts';

const yaml = `# CDC
# cdc_enabled: true
cdc_enabled: false   # off
cdc_raw_directory: "/var/lib/cassandra/cdc_raw"
seed_provider:
    - class_name: Simple
      cdc_enabled: not at the top
`;

test('a setting takes its line, and everything else stays as it is', () => {
  const edited = editYaml(yaml, { cdc_enabled: true, cdc_raw_directory: '/var/lib/cassandra/cdc_raw' });
  expect(textDiff(yaml, edited)).toEqual(['-3: cdc_enabled: false   # off', '+3: cdc_enabled: true']);
  expect(parse(edited)).toEqual({ ...parse(yaml), cdc_enabled: true });
});

test('a setting that is not there comes at the end', () => {
  expect(editYaml('a: 1', { cdc_enabled: true })).toBe('a: 1\ncdc_enabled: true\n');
  expect(textDiff('a: 1\n', editYaml('a: 1\n', { cdc_enabled: true }))).toEqual(['+2: cdc_enabled: true']);
});

test('what is so already is not touched, and editing twice is editing once', () => {
  const edited = editYaml(yaml, { cdc_enabled: true });
  expect(editYaml(edited, { cdc_enabled: true })).toBe(edited);
  expect(editYaml('cdc_enabled:   true # on\n', { cdc_enabled: true })).toBe('cdc_enabled:   true # on\n');
});

test('a value with marks of a pattern in it is written as it is', () => {
  expect(editYaml('cdc_raw_directory: x\n', { cdc_raw_directory: '/a$&b' })).toBe('cdc_raw_directory: /a$&b\n');
});

test('of a setting that is there twice both are edited, since Cassandra goes by the last', () => {
  const edited = editYaml('cdc_enabled: false\ncdc_enabled: false\n', { cdc_enabled: true });
  expect(edited).toBe('cdc_enabled: true\ncdc_enabled: true\n');
});

test.each(['/data #1/cdc', '/data: one', "/it's #1", '*cdc', '/a b'])(
  'the folder %s is read as it is meant',
  (folder) => {
    const edited = editYaml('cdc_raw_directory: x\n', { cdc_raw_directory: folder });
    expect(parse(edited)).toEqual({ cdc_raw_directory: folder });
    expect(editYaml(edited, { cdc_raw_directory: folder })).toBe(edited);
  },
);

test('two edits far apart are two edits in the difference', () => {
  const lines = readFileSync(new URL(import.meta.url), 'utf8').split('\n');
  const changed = lines.with(2, 'other').with(30, 'another');
  expect(textDiff(lines.join('\n'), changed.join('\n'))).toEqual([
    `-3: ${lines[2]}`,
    '+3: other',
    `-31: ${lines[30]}`,
    '+31: another',
  ]);
});
