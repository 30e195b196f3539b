import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { localShell } from '../../src/adapters/local-shell/local-shell.ts';
import type { CheckContext } from '../../src/checks/check.ts';
import { datastaxAgent } from '../../src/checks/datastax-agent.ts';
import { withEnvironment } from '../../src/model/environment-block.ts';

function aNode(name: string) {
  const folder = mkdtempSync(join(tmpdir(), 'cdcmig-node-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'env.sh'), 'JVM_OPTS=""\n');
  writeFileSync(join(folder, 'ca.pem'), 'pem');
  writeFileSync(join(folder, 'agent.jar'), 'a jar');
  return { node: name, cassandraEnv: join(folder, 'env.sh'), folder: join(folder, 'ours'), here: folder };
}

const sha256 = createHash('sha256').update('a jar').digest('hex');

function ask(nodes: readonly ReturnType<typeof aNode>[], agent: object, feed = 'datastax') {
  const shell = localShell();
  const context = {
    config: { feed, pulsar: { tenant: 'public', namespace: 'n' }, capture: { agents: nodes }, datastax: { agent } },
    handsOf: () => ({ shell, admin: shell }),
    localShell: shell,
  };
  return datastaxAgent.ask(context as unknown as CheckContext);
}

test('a jar that is the meant one, on nodes that can take it, has no finding', async () => {
  const node = aNode('10.0.0.1');
  const files = {
    pulsarAuthParams: `file://${join(node.here, 'ca.pem')}`,
    tlsTrustCertsFilePath: join(node.here, 'ca.pem'),
  };
  expect(await ask([node], { localJar: join(node.here, 'agent.jar'), sha256, ...files })).toEqual([]);
});

test('another jar than the meant one, or none, is told with what it is', async () => {
  const node = aNode('10.0.0.1');
  const other = await ask([node], { localJar: join(node.here, 'agent.jar'), sha256: 'f'.repeat(64) });
  expect(other).toMatchObject([{ severity: 'fault', found: `a file with SHA-256 ${sha256}` }]);
  const none = await ask([node], { localJar: join(node.here, 'no.jar'), sha256 });
  expect(none).toMatchObject([{ severity: 'fault', found: 'no such file' }]);
});

test('all that is wrong on any node is told at once', async () => {
  const nodes = [aNode('10.0.0.1'), aNode('10.0.0.2'), aNode('10.0.0.3')];
  const [first, second, third] = nodes as [(typeof nodes)[0], (typeof nodes)[0], (typeof nodes)[0]];
  rmSync(first.cassandraEnv);
  writeFileSync(second.cassandraEnv, '  JVM_OPTS="$JVM_OPTS -javaagent:/opt/agent-c4-2.2.0-all.jar"\n');
  const ours = { environment: { CDC_PULSAR_SERVICE_URL: 'x' }, jvmOption: '-javaagent:/a/agent-c4-2.3.9-all.jar' };
  writeFileSync(third.cassandraEnv, withEnvironment('', ours));
  const agent = {
    ...{ localJar: join(first.here, 'agent.jar'), sha256 },
    ...{ pulsarAuthParams: 'file:///no/token', tlsTrustCertsFilePath: join(third.here, 'ca.pem') },
  };
  const found = await ask(nodes, agent);
  expect(found.map(({ expected, found: text }) => `${expected}: ${text}`)).toEqual([
    `${first.cassandraEnv} on node 10.0.0.1: no such file`,
    '/no/token on node 10.0.0.1, readable by the user as whom Cassandra runs: it is not',
    expect.stringMatching(/nobody else’s DataStax agent .*10\.0\.0\.2: JVM_OPTS=.*2\.2\.0/),
    '/no/token on node 10.0.0.2, readable by the user as whom Cassandra runs: it is not',
    '/no/token on node 10.0.0.3, readable by the user as whom Cassandra runs: it is not',
  ]);
});

test('nothing is asked where somebody else installs it', async () => {
  expect(await ask([aNode('10.0.0.1')], { jar: '/no/a.jar' })).toEqual([]);
  expect(await ask([aNode('10.0.0.1')], { localJar: '/no', sha256 }, 'cdcmig')).toEqual([]);
});

test('a node whose agent tells another migration is refused with whom it tells', async () => {
  const node = aNode('10.0.0.1');
  const agent = { localJar: join(node.here, 'agent.jar'), sha256 };
  const install = (prefix: string) =>
    writeFileSync(
      node.cassandraEnv,
      withEnvironment('', {
        environment: { CDC_TOPIC_PREFIX: prefix },
        jvmOption: '-javaagent:/a/agent-c4-2.3.9-all.jar',
      }),
    );
  install('persistent://public/n/events-');
  expect(await ask([node], agent)).toEqual([]);
  install("persistent://public/n/it's");
  expect(await ask([node], agent)).toEqual([]);
  install('persistent://public/n2/events-');
  expect(await ask([node], agent)).toMatchObject([
    { severity: 'fault', found: 'another migration’s: persistent://public/n2/events-' },
  ]);
});
