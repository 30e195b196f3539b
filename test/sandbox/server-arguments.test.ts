import { expect, test } from 'vitest';
import { cassandraArguments } from '../../src/sandbox/cassandra-arguments.ts';
import { pulsarArguments } from '../../src/sandbox/pulsar-arguments.ts';
import { argumentsFile } from '../../src/sandbox/server-arguments.ts';
import { aSandbox } from '../support/a-sandbox.ts';

const jars = ['/jars/a.jar', '/jars/jamm-0.3.2.jar'];

test('5.0 needs no agent on Java 17', () => {
  const { jvm } = cassandraArguments(aSandbox().target, { line: '5.0', jars, isAlone: true });
  expect(jvm.filter((flag) => flag.startsWith('-javaagent'))).toEqual([]);
});

test.each(['4.0', '4.1'] as const)('%s gets jamm and the concurrency packages on Java 17', (line) => {
  const { jvm } = cassandraArguments(aSandbox().source[0]!, { line, jars, isAlone: true });
  expect(jvm).toContain('-javaagent:/jars/jamm-0.3.2.jar');
  expect(jvm).toContain('--add-opens=java.base/java.util.concurrent=ALL-UNNAMED');
});

test('nodes of a cluster are given time to hear of each other', () => {
  const delay = (isAlone: boolean) =>
    cassandraArguments(aSandbox().source[0]!, { line: '5.0', jars, isAlone }).jvm.find((flag) =>
      /ring_delay/.test(flag),
    );
  expect(delay(true)).toBe('-Dcassandra.ring_delay_ms=100');
  expect(delay(false)).toBe('-Dcassandra.ring_delay_ms=2000');
});

test('a node of a cluster can be reached by nodetool, a lone one has no port open for it', () => {
  const alone = aSandbox().source[0]!;
  const jmx = (node: typeof alone) =>
    cassandraArguments(node, { line: '5.0', jars, isAlone: true }).jvm.filter((flag) => /jmx\.local\.port/.test(flag));
  expect(jmx(alone)).toEqual([]);
  expect(jmx({ ...alone, jmxPort: 20_007 })).toEqual(['-Dcassandra.jmx.local.port=20007']);
});

test('a node for benchmarks is compiled as far as Java can', () => {
  const flags = (isFast: boolean) =>
    cassandraArguments(aSandbox().target, { line: '5.0', jars, isAlone: true, isFast }).jvm;
  expect(flags(false)).toContain('-XX:TieredStopAtLevel=1');
  expect(flags(true).filter((flag) => /Tiered|SerialGC/.test(flag))).toEqual([]);
});

test('the configuration is named as a URL, blanks in the path included', () => {
  const node = aSandbox({ dir: '/my sandbox' }).target;
  const { jvm } = cassandraArguments(node, { line: '5.0', jars, isAlone: true });
  expect(jvm).toContain('-Dcassandra.config=file:///my%20sandbox/target/cassandra.yaml');
});

test('Pulsar keeps its data in the folder of the sandbox', () => {
  const { main } = pulsarArguments(aSandbox().pulsar, { home: '/pulsar', jars });
  expect(main.join(' ')).toContain('--metadata-dir /sandbox/pulsar/metadata');
  expect(main.join(' ')).toContain('--bookkeeper-dir /sandbox/pulsar/bookkeeper');
});

test('a Pulsar that keeps its metadata in ZooKeeper is told where, and never a folder for another kind', () => {
  const pulsar = { ...aSandbox().pulsar, innerPorts: { zooKeeper: 21_001, bookie: 21_002 } };
  const main = pulsarArguments(pulsar, { home: '/pulsar', jars }).main.join(' ');
  expect(main).toContain('--zookeeper-dir /sandbox/pulsar/zookeeper --zookeeper-port 21001 --bookkeeper-port 21002');
  expect(main).not.toContain('--metadata-dir');
});

test('an argument with blanks, quotes and backslashes stays one argument of the java command', () => {
  expect(argumentsFile(['-Da=b c', 'say "x" \\ y'])).toBe('"-Da=b c"\n"say \\"x\\" \\\\ y"\n');
});
