import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { localShell } from '../../src/adapters/local-shell/local-shell.ts';
import type { CheckContext } from '../../src/checks/check.ts';
import { ownFolders } from '../../src/checks/own-folders.ts';
import { settingsText } from '../../src/deploy/ensure-agents.ts';
import type { NodeShell } from '../../src/ports/node-shell.ts';
import { theSettings } from '../deploy/the-settings.ts';

/** What is said of a node in whose folder this agent.json is, by a migration with namespace public/n. */
function askOf(agentJson: string | undefined, { supervisor = 'process', shell = localShell() } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'cdcmig-own-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, 'agent'));
  if (agentJson !== undefined) writeFileSync(join(folder, 'agent', 'agent.json'), agentJson);
  const context = {
    config: {
      pulsar: { tenant: 'public', namespace: 'n' },
      capture: { agents: [{ node: '10.0.0.1', folder: join(folder, 'agent'), supervisor }] },
    },
    handsOf: () => ({ shell, admin: shell }),
  };
  return ownFolders.ask(context as unknown as CheckContext);
}

const settings = theSettings('node-1', '/a');
const ofOther = settingsText({ ...settings, pulsar: { ...settings.pulsar, namespace: 'other' } });

test('a folder with nothing, with our own agent, or with what is none, is ours to take', async () => {
  for (const text of [undefined, settingsText(settings), 'no JSON', '{}']) expect(await askOf(text)).toEqual([]);
});

test('a folder in which another migration’s agent is, is refused with whom that speaks to', async () => {
  expect(await askOf(ofOther)).toMatchObject([
    {
      severity: 'fault',
      expected: expect.stringMatching(/^folder .*\/agent of node 10\.0\.0\.1 for this migration/),
      found: 'one that speaks to public/other',
    },
  ]);
});

test('what others bring is theirs to look after, and a node that is not reached is told elsewhere', async () => {
  expect(await askOf(ofOther, { supervisor: 'external' })).toEqual([]);
  const readFile: NodeShell['readFile'] = async () => {
    throw new Error('no route');
  };
  expect(await askOf(ofOther, { shell: { ...localShell(), readFile } })).toEqual([]);
});
