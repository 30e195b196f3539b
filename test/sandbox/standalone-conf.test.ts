import { expect, test } from 'vitest';
import { standaloneConf } from '../../src/sandbox/standalone-conf.ts';
import { aSandbox } from '../support/a-sandbox.ts';

const pulsar = aSandbox().pulsar;
const linesOf = (shipped: string) => standaloneConf(shipped, pulsar).split('\n');

test('a shipped setting is replaced, not given twice', () => {
  const ports = linesOf('brokerServicePort=6650\nzooKeeperSessionTimeoutMillis=30000').filter((line) =>
    line.startsWith('brokerServicePort='),
  );
  expect(ports).toEqual(['brokerServicePort=20001']);
});

test('what one sandbox wants otherwise comes last, and once', () => {
  const lines = standaloneConf('webSocketServiceEnabled=true\n', pulsar, { webSocketServiceEnabled: 'maybe' }).split(
    '\n',
  );
  expect(lines.filter((line) => line.startsWith('webSocketServiceEnabled'))).toEqual(['webSocketServiceEnabled=maybe']);
});

test('other settings and comments stay as shipped', () => {
  expect(linesOf('# brokerServicePort=1\nmaxMessageSize=5242880')).toEqual(
    expect.arrayContaining(['# brokerServicePort=1', 'maxMessageSize=5242880']),
  );
});

test('a shipped file without a final newline does not swallow our first setting', () => {
  expect(linesOf('lastKey=1')).toEqual(expect.arrayContaining(['lastKey=1', 'bindAddress=127.0.0.1']));
});

test('idle topics are not deleted, and the bookie listens on the loopback interface only', () => {
  const lines = linesOf('brokerDeleteInactiveTopicsEnabled=true\nlisteningInterface=');
  expect(lines).toContain('brokerDeleteInactiveTopicsEnabled=false');
  expect(lines.filter((line) => /^listeningInterface=lo0?$/.test(line))).toHaveLength(1);
});
