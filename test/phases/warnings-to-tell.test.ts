import { expect, test } from 'vitest';
import type { Finding } from '../../src/model/finding.ts';
import { warningsToTell } from '../../src/phases/warnings-to-tell.ts';

const aFinding = (expected: string, severity: Finding['severity'] = 'warning'): Finding => ({
  ...{ severity, check: 'a check', expected, found: 'none', next: 'add it' },
});
const plan = { digest: 'abc', findings: [aFinding('of the plan'), aFinding('a fault', 'fault')] };
const told = (planDigest: string | undefined, ofPhase: readonly Finding[] = []) =>
  warningsToTell(plan, { planDigest }, ofPhase).map(({ expected }) => expected);

test('the first phase tells what the plan warns of, as does the first one after the plan has changed', () => {
  expect(told(undefined)).toEqual(['of the plan']);
  expect(told('other')).toEqual(['of the plan']);
});

test('later phases do not repeat it, and each tells what its own checks warn of', () => {
  const ofPhase = [aFinding('of the phase'), aFinding('its fault', 'fault')];
  expect(told('abc', ofPhase)).toEqual(['of the phase']);
  expect(told(undefined, ofPhase)).toEqual(['of the plan', 'of the phase']);
});
