import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { otherAgentIn, withEnvironment } from '../../src/model/environment-block.ts';

const jvmOption = '-javaagent:/opt/agent-c4-2.3.9-all.jar';
const original = '#!/bin/sh\nJVM_OPTS="$JVM_OPTS -Xss256k"\n';

/** What a shell that reads this file has then. */
function read(text: string, ...names: readonly string[]): readonly string[] {
  const script = `${text}\nprintf '%s\\0' ${names.map((name) => `"$${name}"`).join(' ')}`;
  return execFileSync('sh', ['-c', script], { env: {}, encoding: 'utf8' }).split('\0').slice(0, -1);
}

describe('cassandra-env.sh for the DataStax agent', () => {
  test('exports every value as it is, whatever is in it, and adds the jar to what was there', () => {
    const values = ['pulsar://p:6650', 'it\'s $HOME `id` "x" \\', 'two\nlines', ''];
    const environment = Object.fromEntries(values.map((value, index) => [`CDC_${index}`, value]));
    const text = withEnvironment(original, { environment, jvmOption });
    expect(text.startsWith(original)).toBe(true);
    expect(read(text, 'CDC_0', 'CDC_1', 'CDC_2', 'CDC_3', 'JVM_OPTS')).toEqual([...values, ` -Xss256k ${jvmOption}`]);
    expect(execFileSync('sh', ['-c', `${text}\nenv`], { env: {}, encoding: 'utf8' })).toContain(
      'CDC_0=pulsar://p:6650',
    );
  });

  test('has the same twice, and other settings in the place of older ones', () => {
    const once = withEnvironment(original, { environment: { CDC_A: '1', CDC_B: '2' }, jvmOption });
    expect(withEnvironment(once, { environment: { CDC_A: '1', CDC_B: '2' }, jvmOption })).toBe(once);
    const followed = `${once}echo more >/dev/null\n`;
    const changed = withEnvironment(followed, { environment: { CDC_A: '3' }, jvmOption });
    expect(read(changed, 'CDC_A', 'CDC_B', 'JVM_OPTS')).toEqual(['3', '', ` -Xss256k ${jvmOption}`]);
    expect(changed.endsWith('echo more >/dev/null\n')).toBe(true);
  });

  test('ends the last line before it begins', () => {
    expect(read(withEnvironment('X=1', { environment: { CDC_A: '2' }, jvmOption }), 'X', 'CDC_A')).toEqual(['1', '2']);
  });

  test.each([
    ['JVM_OPTS="$JVM_OPTS -javaagent:/opt/agent-c4-2.2.0-all.jar"', 1],
    ['JVM_OPTS="$JVM_OPTS -javaagent:/opt/cdc-agent.jar=topicPrefix=x"', 1],
    ['export CDC_PULSAR_SERVICE_URL=pulsar://p:6650', 1],
    ['# JVM_OPTS="$JVM_OPTS -javaagent:/opt/agent-c4-2.2.0-all.jar"', 0],
    ['JVM_OPTS="$JVM_OPTS -javaagent:$CASSANDRA_HOME/lib/jamm-0.3.2.jar"', 0],
  ])('of %s there are %i agents of others, also beside ours', (line, count) => {
    const text = `${original}${line}\n`;
    expect(otherAgentIn(text)).toEqual(count === 1 ? [line] : []);
    const ours = withEnvironment(text, { environment: { CDC_PULSAR_SERVICE_URL: 'x' }, jvmOption });
    expect(otherAgentIn(ours)).toEqual(count === 1 ? [line] : []);
  });
});
