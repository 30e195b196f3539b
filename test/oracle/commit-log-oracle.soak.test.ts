import { describe, expect, test } from 'vitest';
import { cassandraLines } from '../../src/sandbox/sandbox-release.ts';
import { whyNoJavac } from '../support/compile-java.ts';
import { expectEqualReaders, missingKinds, oracleSeed } from './expect-equal-readers.ts';
import { logSettings } from './log-settings.ts';
import { startOracleNode } from './oracle-node.ts';

const obstacle = await whyNoJavac();
if (obstacle) process.stderr.write(`SKIPPED: the comparison with Cassandra's own reader. ${obstacle}\n`);

const wanted = Number(process.env.CDCMIG_ORACLE_MUTATIONS ?? 1_000_000);
const statementsPerRound = Math.min(40_000, wanted);

const plain = cassandraLines.map((line) => ({ title: line, line, settings: {}, share: 1 }));
const others = logSettings.map((settings) => ({ ...settings, share: 0.1 }));

describe.skipIf(obstacle)('the log of a node under random writes for hours', () => {
  test.each([...plain, ...others])('reads as the node itself reads it: $title', async ({ line, settings, share }) => {
    await using node = await startOracleNode(line, settings);
    // A statement is one mutation at least, most batches are several.
    const rounds = Math.ceil((wanted * share) / statementsPerRound);
    const proven = await expectEqualReaders(node, { seed: oracleSeed(), rounds, statementsPerRound });
    expect(proven.mutations).toBeGreaterThanOrEqual(wanted * share);
    expect(missingKinds(proven)).toEqual([]);
  });
});
