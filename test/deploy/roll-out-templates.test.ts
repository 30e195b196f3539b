import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { parse, parseAllDocuments, parseDocument, stringify } from 'yaml';
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

/** A tool of others that judges a template, where it is installed. */
function tool(command: string, version: string) {
  const isHere = spawnSync(command, [version]).status === 0;
  return {
    isHere,
    note: isHere ? '' : ` (skipped: no ${command} here)`,
    run: (words: readonly string[], cwd: string) => spawnSync(command, words, { cwd, encoding: 'utf8' }),
  };
}

const [ansibleLint, kubectl, validator] = [
  tool('ansible-lint', '--version'),
  tool('kubectl', '--help'),
  tool('kubernetes-validate', '--version'),
];

function aFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'cdcmig-templates-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

test.skipIf(!ansibleLint.isHere)(
  `ansible-lint finds no fault in the tasks, by its strictest profile${ansibleLint.note}`,
  () => {
    const folder = aFolder();
    mkdirSync(join(folder, 'tasks'));
    cpSync(join(import.meta.dirname, '../../templates/ansible/cdcmig-agent.yaml'), join(folder, 'tasks/main.yaml'));
    const { status, stdout } = ansibleLint.run(['--offline', '--profile', 'production', 'tasks/main.yaml'], folder);
    expect({ status, stdout }).toMatchObject({ status: 0 });
  },
);

const aStatefulSet = {
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  metadata: { name: 'cassandra' },
  spec: {
    serviceName: 'cassandra',
    selector: { matchLabels: { app: 'cassandra' } },
    template: {
      metadata: { labels: { app: 'cassandra' } },
      spec: { containers: [{ name: 'cassandra', image: 'cassandra:5.0' }] },
    },
    volumeClaimTemplates: [
      {
        metadata: { name: 'data' },
        spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
      },
    ],
  },
};

/** The StatefulSet of a Cassandra with our sidecar, and the DaemonSet. */
function patched(folder: string): readonly string[] {
  const template = read('kubernetes/cdcmig-agent.yaml');
  writeFileSync(join(folder, 'patch.yaml'), template);
  writeFileSync(join(folder, 'cassandra.yaml'), stringify(aStatefulSet));
  const words = ['patch', '--local', '-f', 'cassandra.yaml', '--patch-file', 'patch.yaml', '-o', 'yaml'];
  const { status, stdout, stderr } = kubectl.run(words, folder);
  expect({ status, stderr }).toMatchObject({ status: 0 });
  return [stdout, template.split('\n---\n')[1]!];
}

test.skipIf(!kubectl.isHere)(
  `kubectl patches the sidecar into a StatefulSet, beside what is there${kubectl.note}`,
  () => {
    const { containers, volumes } = parse(patched(aFolder())[0]!).spec.template.spec;
    expect(containers.map(({ name }: { name: string }) => name).toSorted()).toEqual(['cassandra', 'cdcmig-agent']);
    expect(volumes.map(({ name }: { name: string }) => name)).toEqual(['pulsar-token']);
  },
);

const judge = kubectl.isHere ? validator : kubectl;

test.skipIf(!judge.isHere)(`the Kubernetes manifests are what its schemas say, strictly${judge.note}`, () => {
  const folder = aFolder();
  for (const [index, manifest] of patched(folder).entries()) {
    const verdict = (text: string) => {
      writeFileSync(join(folder, `${index}.yaml`), text);
      return validator.run(['--strict', `${index}.yaml`], folder).status;
    };
    expect(verdict(manifest)).toBe(0);
    // It does look.
    expect(verdict(manifest.replace('securityContext', 'securityContent'))).not.toBe(0);
  }
});
