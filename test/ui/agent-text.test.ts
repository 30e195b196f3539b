import { expect, test } from 'vitest';
import { decodeAgentState, encodeAgentState } from '../../src/model/agent-state.ts';
import { agentText } from '../../src/ui/agent-text.ts';
import { anAgentState } from '../support/an-agent-state.ts';

test('an agent that is well is one line without an alarm', () => {
  expect(agentText(anAgentState())).toBe(
    'agent (commitlog, said at 2023-11-14T22:13:20.000Z): ok, 2 segments, 64.0 of 1000.0 MB (folder cap), +0.0 MB/s, 90.0 MB of memory, 3 % of a core',
  );
});

test('counter records are told, since nobody publishes them', () => {
  expect(agentText(anAgentState({ counterRecords: 7 }))).toMatch(/, 7 counter records not published$/);
});

test('an agent that only waits says for what', () => {
  expect(agentText(anAgentState({ waitsFor: 'Pulsar: connection refused' }))).toMatch(
    /waits: Pulsar: connection refused$/,
  );
});

test('one that is short of room says how full, how fast, until when, what was released and why', () => {
  const state = anAgentState({
    level: 'critical',
    growthBytesPerSecond: 2_500_000,
    secondsToFull: 42,
    released: { segments: 3, bytes: 12 },
    waitsFor: 'Pulsar has confirmed nothing for 60 s',
  });
  expect(agentText(state)).toMatch(
    /: CRITICAL, .*\+2\.5 MB\/s, full in 42 s, .*, 3 segments RELEASED unread since it started, waits: Pulsar has confirmed nothing for 60 s$/,
  );
});

test('a state survives its trip through the topic, and other messages are none', () => {
  const state = anAgentState({ secondsToFull: 3, waitsFor: 'x' });
  expect(decodeAgentState(encodeAgentState(state))).toEqual(state);
  expect(decodeAgentState(Buffer.from('{"partition":1}'))).toBeUndefined();
  expect(decodeAgentState(Buffer.from('{"node":'))).toBeUndefined();
});
