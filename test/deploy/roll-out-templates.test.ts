import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseAllDocuments, parseDocument } from 'yaml';
import { systemdUnit } from '../../src/adapters/supervisors/systemd-unit.ts';
import { boundedAgent } from '../../src/deploy/agent-bounds.ts';
import { nicedCommand } from '../../src/model/niced-command.ts';

const read = (file: string) => readFileSync(join(import.meta.dirname, '../../templates', file), 'utf8');
const unit = systemdUnit({
  ...boundedAgent(['/a/bin/node', '/a/bin/agent.mjs'], 'commitlog'),
  ...{
    name: 'cdcmig-agent-shop',
    description: '',
    user: 'cassandra',
    folder: '/a',
    logFile: '/a/agent.log',
    pidFile: '',
  },
});

/** A quantity as Kubernetes writes it, in the unit's own terms. */
const ofUnit = (key: string) => new RegExp(`^${key}=(.*)$`, 'm').exec(unit)![1]!;

test('the Ansible tasks are tasks, with modules by their full names and every variable explained', () => {
  const text = read('ansible/cdcmig-agent.yaml');
  const document = parseDocument(text);
  expect(document.errors).toEqual([]);
  const tasks = document.toJS() as Record<string, unknown>[];
  expect(tasks.map((task) => Object.keys(task).filter((key) => key.startsWith('ansible.builtin.')).length)).toEqual(
    tasks.map(() => 1),
  );
  expect(tasks.every((task) => typeof task.name === 'string')).toBe(true);
  const variables = [...text.matchAll(/\{\{[^}]*?\b(cdcmig_\w+)/g)].map(([, name]) => name!);
  const registered = tasks.map((task) => task.register);
  const explained = [...text.matchAll(/^# {3}(cdcmig_\w+) /gm)].map(([, name]) => name);
  expect(new Set(variables.filter((name) => !registered.includes(name)))).toEqual(new Set(explained));
});

test('the Kubernetes manifests run the agent as the unit does: its bounds, its command, no rights', () => {
  const documents = parseAllDocuments(read('kubernetes/cdcmig-agent.yaml'));
  if (!Array.isArray(documents)) throw new Error('no documents');
  expect(documents.flatMap(({ errors }) => errors)).toEqual([]);
  const manifests = documents.map((document) => document.toJS());
  expect(manifests.map(({ kind }) => kind)).toEqual(['StatefulSet', 'DaemonSet']);
  for (const { spec } of manifests) {
    const pod = spec.template.spec;
    const [container] = pod.containers;
    expect(container.resources.limits.memory).toBe(`${ofUnit('MemoryMax')}i`);
    expect(container.resources.limits.cpu).toBe(`${Number.parseInt(ofUnit('CPUQuota'), 10) * 10}m`);
    expect(container.securityContext).toMatchObject({ allowPrivilegeEscalation: false });
    const packed = '/packed/$NODE_ADDRESS/agent/bin';
    const agent = nicedCommand(boundedAgent([`${packed}/node`, `${packed}/agent.mjs`], 'commitlog'));
    expect(container.command[2]).toContain(`exec ${[agent.command, ...agent.arguments].join(' ')} --settings `);
    const mounted = container.volumeMounts.map(({ name }: { name: string }) => name);
    const volumes = pod.volumes.map(({ name }: { name: string }) => name);
    // The volume of Cassandra's data is the StatefulSet's own.
    expect(mounted.filter((name: string) => !volumes.includes(name) && name !== 'data')).toEqual([]);
  }
  const [daemons] = manifests.slice(1);
  expect(daemons.spec.selector.matchLabels).toEqual(daemons.spec.template.metadata.labels);
});
