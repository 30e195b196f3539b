import { describe, expect, test } from 'vitest';
import { cassandraLines } from '../../src/sandbox/sandbox-release.ts';
import { whyNoJavac } from '../support/compile-java.ts';
import { expectEqualReaders, missingKinds, oracleSeed } from './expect-equal-readers.ts';
import { logSettings } from './log-settings.ts';
import { startOracleNode } from './oracle-node.ts';

const obstacle = await whyNoJavac();
if (obstacle) process.stderr.write(`SKIPPED: the comparison with Cassandra's own reader. ${obstacle}\n`);

// A quiet machine needs about half a minute for each release, a busy one ten times that.
const timeout = 600_000;

describe.skipIf(obstacle)('the log of a node under random writes of every kind', () => {
  test.each(cassandraLines)('reads as Cassandra %s itself reads it', { timeout }, async (line) => {
    await using node = await startOracleNode(line);
    const proven = await expectEqualReaders(node, { seed: oracleSeed(), rounds: 2, statementsPerRound: 8_000 });
    expect(proven.mutations).toBeGreaterThan(20_000);
    expect(missingKinds(proven)).toEqual([]);
  });

  // One a day; the soak has them all.
  const { title, line, settings } = logSettings[oracleSeed() % logSettings.length]!;

  test(`reads as the node itself reads it: ${title}`, { timeout }, async () => {
    await using node = await startOracleNode(line, settings);
    const proven = await expectEqualReaders(node, { seed: oracleSeed(), rounds: 1, statementsPerRound: 2_400 });
    expect(proven.mutations).toBeGreaterThan(3_000);
  });
});
