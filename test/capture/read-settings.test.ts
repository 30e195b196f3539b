import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { readSettings } from '../../src/capture/read-settings.ts';
import { aNodeLog } from './a-node-log.ts';

function aFile(content: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'cdcmig-settings-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'agent.json'), content);
  return join(folder, 'agent.json');
}

test('settings are read as they were written', async () => {
  const { settings } = aNodeLog({ cdcRawDirectory: '' });
  expect(await readSettings(aFile(JSON.stringify(settings)))).toEqual(settings);
});

test('all faults are told at once', async () => {
  const { settings } = aNodeLog();
  const file = aFile(JSON.stringify({ ...settings, mode: 'tail', changesPartitions: 0, colour: 'blue' }));
  await expect(readSettings(file)).rejects.toThrow(/mode.*changesPartitions.*colour/s);
});

test('a file that is missing or cut is the operator’s to mend', async () => {
  await expect(readSettings('/nowhere/agent.json')).rejects.toThrow(/run deploy-agent again/);
  await expect(readSettings(aFile('{"node":'))).rejects.toThrow(/run deploy-agent again/);
});
