import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { systemClock } from '../../src/adapters/clock.ts';
import { openTargetKeyspaces } from '../../src/adapters/keyspaces/open-target-keyspaces.ts';
import { copyCounters } from '../../src/apply/copy-counters.ts';
import { createTargetWriter } from '../../src/apply/target-writer.ts';
import type { TargetKeyspace } from '../../src/ports/target-keyspace.ts';
import { aRehearsedRegion, type RehearsedRegion } from '../adapters/keyspaces/a-rehearsed-region.ts';
import { withKeysOf } from '../adapters/keyspaces/with-keys-of.ts';
import { aKeyspaceDefinition, aTableDefinition } from '../support/a-definition.ts';
import { openTwoKeyspaces, type TwoKeyspaces } from '../support/two-keyspaces.ts';
import { type AMigration, aMigration } from './operator/a-migration.ts';
import type { Ended } from './operator/cdcmig-process.ts';
import { endScenario } from './operator/end-scenario.ts';
import { createKeyspace, fillRows, openTwoSides, type TwoSides } from './operator/two-sides.ts';

const patience = 600_000;

describe('counters through lost answers, broken connections and throttling', () => {
  const rows = 300;
  /** Eight pages have a static counter too. */
  const allRows = rows + 8;
  let sides: TwoKeyspaces;
  let region: RehearsedRegion;
  let target: TargetKeyspace;
  const moved = `counters_lost_${process.pid}_k`;

  beforeAll(async () => {
    withKeysOf();
    sides = await openTwoKeyspaces(inject('sandbox'), 'counters_lost', [
      'CREATE TABLE KS.hits (page int, day int, seen counter, liked counter, visits counter static, PRIMARY KEY (page, day))',
    ]);
    for (let n = 0; n < rows; n++) {
      await sides.onSource(`UPDATE KS.hits SET seen = seen + ${n - 20} WHERE page = ${n % 40} AND day = ${n}`);
      if (n % 3 === 0)
        await sides.onSource(`UPDATE KS.hits SET liked = liked - 9 WHERE page = ${n % 40} AND day = ${n}`);
      if (n % 5 === 0) await sides.onSource(`UPDATE KS.hits SET visits = visits + 1 WHERE page = ${n % 40}`);
    }
    region = await aRehearsedRegion(inject('sandbox'));
    target = await openTargetKeyspaces({
      ...region.endpoint,
      requestTimeoutMs: 500,
      keyspace: moved,
      queriesPerSecond: 1_000,
    });
    const columns = ['page int', 'day int', 'liked counter', 'seen counter', 'visits counter'].map((text) => {
      const [name, type] = text.split(' ') as [string, string];
      return { name, type };
    });
    const table = { name: 'hits', columns, partitionKey: ['page'], statics: ['visits'] };
    const capacity = { mode: 'provisioned', readUnits: 2_000, writeUnits: 60 } as const;
    await target.define([
      aKeyspaceDefinition(moved),
      aTableDefinition(moved, {
        ...table,
        clustering: [{ name: 'day', isReversed: false }],
        settings: { capacity, pointInTimeRecovery: false, tags: {} },
      }),
    ]);
  }, patience);

  afterAll(async () => {
    await target?.close();
    await region?.close();
    await sides?.onTarget(`DROP KEYSPACE IF EXISTS ${moved}`);
    await sides?.[Symbol.asyncDispose]();
    vi.unstubAllEnvs();
    expect(region.standIn.bugs).toEqual([]);
  }, patience);

  test('end equal, and what was lost was looked at', { timeout: patience }, async () => {
    region.standIn.faults.change({ lostAnswers: 0.03, resets: 0.01, failures: 0.01, appliedThrottles: 0.5 });
    const books = await copy();
    region.standIn.faults.change({ lostAnswers: 0, resets: 0, failures: 0 });
    expect(books).toMatchObject({ rows: allRows, changed: allRows });
    expect(books.lostAnswers).toBeGreaterThan(3);
    expect(await copy()).toMatchObject({ rows: allRows, equal: allRows, lostAnswers: 0 });
    expect(await onBacking()).toEqual(await onSource());
  });

  function copy() {
    const clock = systemClock();
    return copyCounters(sides.tables[0]!, {
      source: sides.source,
      target,
      // Of a writer that cannot ask for the capacity: it meets what is throttled.
      writer: createTargetWriter({
        ...{ clock, report: () => {}, maxInFlight: 32 },
        target: { ...target, writeCapacity: async () => undefined },
      }),
      clock,
      keyspace: moved,
      settleMs: 2 * target.requestTimeoutMs,
      proveSoleWriter: async () => {},
    });
  }

  const select = 'SELECT page, day, seen, liked, visits FROM';
  const texts = ({ rows: found }: { rows: readonly (readonly (Buffer | null)[])[] }) =>
    found.map((row) => row.map((value) => value?.toString('hex')).join(' '));
  const onSource = async () => texts(await sides.onSource(`${select} KS.hits`));
  const onBacking = async () => texts(await sides.onTarget(`${select} ${moved}.hits`));
});

describe('a migration with a counter table', () => {
  const own = `counters_${process.pid}`;
  const moved = `${own}_moved`;
  const rows = 20_000;
  let sides: TwoSides;
  let migration: AMigration;

  beforeAll(async () => {
    sides = await openTwoSides(inject('sandbox'));
    await createKeyspace(sides.source, own, [
      'CREATE TABLE KS.things (id int PRIMARY KEY, name text)',
      'CREATE TABLE KS.hits (page int PRIMARY KEY, seen counter, liked counter)',
    ]);
    await fillRows(sides.source, 100, (n) => ({
      cql: `INSERT INTO ${own}.things (id, name) VALUES (?, ?)`,
      values: [n, `name ${n}`],
    }));
    await fillRows(sides.source, rows, (n) => ({
      cql: `UPDATE ${own}.hits SET seen = seen + ?, liked = liked + 1 WHERE page = ?`,
      values: [n, n],
    }));
    migration = aMigration({
      name: own.replaceAll('_', '-'),
      sandbox: inject('sandbox'),
      keyspace: own,
      targetKeyspace: moved,
    });
  }, patience);

  afterAll(async () => {
    await endScenario({ migration, sides, keyspace: own, targetKeyspace: moved });
  }, patience);

  test('copies and compares everything else, and says that counters come last', { timeout: patience }, async () => {
    const plan = await done('plan');
    expect(plan.stdout + plan.stderr).toMatch(/hits is a counter table.*the cutover copies them/);
    for (const phase of ['deploy-agent', 'start-source', 'snapshot-migrate', 'start-sink', 'validate'])
      await done('run', '--phase', phase);
    expect(await count('target')).toBe(0);
    expect((await done('validate')).stderr).toMatch(/hits is not compared: its counters are copied by the cutover/);
    expect(await migration.run('validate', '--table', 'hits')).toMatchObject({ exitCode: 1 });
  });

  test('does not cut over while somebody still counts', { timeout: patience }, async () => {
    let isOver = false;
    const counting = (async () => {
      for (let n = 0; !isOver; n++) {
        await sides.source.execute(`UPDATE ${own}.hits SET seen = seen + 1 WHERE page = ?`, [n % 50]);
        await sleep(20);
      }
    })();
    const refused = await cutover().ended;
    isOver = true;
    await counting;
    expect(refused).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(/gate open: writes stopped/) });
    expect(await count('target')).toBe(0);
  });

  test('killed while it copies them, the next run adds what is missing and nothing twice', {
    timeout: patience,
  }, async () => {
    const first = cutover('--json');
    await first.untilSaid(/"kind":"step-started","phase":"cutover","step":"counters"/);
    while ((await count('target')) < 500) await sleep(50);
    first.signal('SIGKILL');
    await first.ended;
    const atDeath = await count('target');
    expect(atDeath).toBeLessThan(rows);
    const { exitCode, stderr } = await cutover().ended;
    expect(exitCode, stderr).toBe(0);
    expect(stderr).toContain('an earlier run was interrupted');
    expect(stderr).toMatch(new RegExp(`hits: ${rows} rows = \\d+ written \\+ \\d+ equal before`));
    expect(await sums('target')).toEqual(await sums('source'));
    expect(await count('target')).toBe(rows);
    expect((await done('validate', '--table', 'hits')).stdout).toMatch(/hits/);
  });

  const cutover = (...more: readonly string[]) =>
    migration.start('run', '--phase', 'cutover', '--writes-stopped', '--confirm', own, ...more);

  const keyspaceOf = { source: own, target: moved };

  async function count(side: 'source' | 'target'): Promise<number> {
    const { rows: found } = await sides[side].execute(`SELECT count(*) AS n FROM ${keyspaceOf[side]}.hits`);
    return Number(found[0]!.n);
  }

  async function sums(side: 'source' | 'target'): Promise<unknown> {
    const cql = `SELECT sum(seen) AS seen, sum(liked) AS liked FROM ${keyspaceOf[side]}.hits`;
    const { rows: found } = await sides[side].execute(cql);
    return { seen: String(found[0]!.seen), liked: String(found[0]!.liked) };
  }

  async function done(...words: readonly string[]): Promise<Ended> {
    const ended = await migration.run(...words);
    expect(ended.exitCode, `${words.join(' ')}: ${ended.stderr}`).toBe(0);
    return ended;
  }
});
