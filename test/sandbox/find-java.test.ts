import { expect, test } from 'vitest';
import { findJava, isJava17 } from '../../src/sandbox/find-java.ts';

test.each([
  ['openjdk version "17.0.15" 2025-04-15', true],
  ['openjdk version "17" 2021-09-14', true],
  ['openjdk version "21.0.2" 2024-01-16', false],
  ['openjdk version "1.8.0_412"', false],
  ['openjdk version "170.0.1"', false],
])('%s is Java 17: %s', (text, expected) => {
  expect(isJava17(text)).toBe(expected);
});

test('a JAVA_HOME without Java is passed over for one that works', async () => {
  const java = await findJava({ ...process.env, JAVA_HOME: '/nowhere' });
  expect(java.command).not.toContain('nowhere');
  expect(isJava17(java.version)).toBe(true);
});
