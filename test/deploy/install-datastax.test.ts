import { createHash } from 'node:crypto';
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type DatastaxNode, datastaxDiff, installDatastax, keptOfDatastax } from '../../src/deploy/install-datastax.ts';
import { putBack } from '../../src/deploy/put-back.ts';
import { dueName } from '../../src/deploy/restart-with-cdc.ts';
import { OperatorError } from '../../src/errors.ts';
import type { NodeShell } from '../../src/ports/node-shell.ts';
import { aRing as aPlainRing, originalYaml } from './a-ring.ts';

const originalScript = '#!/bin/sh\nJVM_OPTS="$JVM_OPTS -Xss256k"\n';

/** Nodes with a cassandra-env.sh each, and a jar here. */
function aRing(size: number) {
  const ring = aPlainRing(size);
  const from = join(ring.folder, 'agent-c4-2.3.9-all.jar');
  const bring = (content: string) => {
    writeFileSync(from, content);
    return createHash('sha256').update(content).digest('hex');
  };
  const sha256 = bring('a jar');
  const nodes: readonly DatastaxNode[] = ring.nodes.map(({ node, admin, nodetool, restart: [, , start], yaml }) => {
    const script = join(ring.folder, `${node.hostId}-env.sh`);
    writeFileSync(script, originalScript, { mode: 0o640 });
    const restart = ['sh', '-c', `cp "${script}" "${script}.running"; ${start}`];
    const folder = join(ring.folder, `${node.hostId}-ours`);
    const jar = { from, to: join(folder, 'agent.jar'), sha256, mode: '644' };
    const setup = { environment: { CDC_TOPIC_PREFIX: 'events-' }, jvmOption: `-javaagent:${jar.to}` };
    const yamlSettings = { cdc_enabled: true, cdc_raw_directory: '/cdc_raw' };
    return {
      node,
      admin,
      shell: admin,
      owner: admin,
      nodetool,
      restart,
      folder,
      jar,
      script,
      setup,
      yaml,
      yamlSettings,
    };
  });
  const proved: string[] = [];
  let undone = 0;
  return {
    ...ring,
    nodes,
    proved,
    bring,
    /** How often a node was restarted by an undo. */
    undone: () => undone,
    install: (proveNode: (node: DatastaxNode) => Promise<void> = async () => {}, some = nodes) =>
      installDatastax({
        ...ring.roll,
        groups: some.map((node) => [node]),
        proveNode: async (node) => {
          await proveNode(node);
          proved.push(node.node.hostId);
        },
      }),
    restarts: () => ring.log().filter((line) => line.endsWith('restart')),
    remove: async (node: DatastaxNode) => {
      let restarts = 0;
      const restart = async () => {
        restarts++;
        undone++;
      };
      const { folder } = node;
      const { left } = await putBack({ kept: keptOfDatastax(node), folder, ours: [dueName], restart });
      return { restarts, left };
    },
  };
}

const silent = new OperatorError({ expected: 'its canary', found: 'nothing', next: 'see system.log' });

type Break = 'before it is done' | 'before its end is told';

const calls = [
  ...(['makeFolder', 'writeFile', 'upload', 'copyFile', 'digestOf'] as const),
  ...(['removeFile', 'readFile', 'run'] as const),
];

/** A connection that breaks at one of the calls that go over it, and is there again at the next. */
function breakingAt(shell: NodeShell, toBreak: number, when: Break): NodeShell & { readonly brokeAt: () => string } {
  let made = 0;
  let brokeAt = '';
  const breaking = calls.map((name) => {
    const work = shell[name] as (...all: readonly unknown[]) => Promise<unknown>;
    const call = async (...parameters: readonly unknown[]) => {
      const breaks = made++ === toBreak;
      if (breaks) brokeAt = `${name} ${String(parameters[0])}`;
      const done = breaks && when === 'before it is done' ? undefined : await work(...parameters);
      if (breaks) throw new OperatorError({ expected: 'a connection', found: 'it broke', next: 'repeat' });
      return done;
    };
    return [name, call] as const;
  });
  return { ...shell, ...Object.fromEntries(breaking), brokeAt: () => brokeAt };
}

describe('the DataStax agent', () => {
  test('is put into one node after the other, each restarted with all it needs and heard before the next', async () => {
    const ring = aRing(2);
    const seen: string[] = [];
    expect(
      await ring.install(async (node) => {
        seen.push(`${node.node.hostId} after ${ring.restarts().length} restarts`);
      }),
    ).toBe(2);
    expect(seen).toEqual(['host-0 after 1 restarts', 'host-1 after 2 restarts']);
    expect(ring.log()).toEqual(['host-0 drain', 'host-0 restart', 'host-1 drain', 'host-1 restart']);
    for (const { jar, script, yaml, folder } of ring.nodes) {
      expect(readFileSync(jar.to, 'utf8')).toBe('a jar');
      expect(readFileSync(script, 'utf8')).toContain(`JVM_OPTS="$JVM_OPTS -javaagent:${jar.to}"`);
      expect(statSync(script).mode & 0o777).toBe(0o640);
      expect(readFileSync(yaml, 'utf8')).toBe('cluster_name: shop\ncdc_enabled: true\ncdc_raw_directory: /cdc_raw\n');
      expect(existsSync(join(folder, dueName))).toBe(false);
    }
  });

  test('shows the lines that change before it changes any', async () => {
    const ring = aRing(1);
    const [node] = ring.nodes as [DatastaxNode];
    const diff = await datastaxDiff(node);
    expect(diff).toEqual([
      `${node.jar.to} brought, SHA-256 ${node.jar.sha256}`,
      `${node.yaml} -2: cdc_enabled: false`,
      `${node.yaml} +2: cdc_enabled: true`,
      `${node.yaml} +3: cdc_raw_directory: /cdc_raw`,
      expect.stringMatching(/-env\.sh \+3: # cdcmig/),
      expect.stringMatching(/\+4: export CDC_TOPIC_PREFIX=events-$/),
      expect.stringMatching(/\+5: JVM_OPTS=/),
      expect.stringMatching(/\+6: # cdcmig: end/),
    ]);
    expect(readFileSync(node.script, 'utf8')).toBe(originalScript);
    await ring.install();
    const texts = ring.events.flatMap((event) => (event.kind === 'node-step' ? [event.text] : []));
    expect(texts.slice(0, diff.length + 1)).toEqual([...diff, 'drained and restarted']);
    expect(await datastaxDiff(node)).toEqual([]);
  });

  test('is left alone where all is as it should be', async () => {
    const ring = aRing(2);
    await ring.install();
    const before = ring.log();
    expect(await ring.install()).toBe(0);
    expect(ring.log()).toEqual(before);
    expect(ring.proved).toEqual(['host-0', 'host-1']);
  });

  test.each([
    ['another jar', (node: DatastaxNode, sha256: string) => ({ ...node, jar: { ...node.jar, sha256 } })],
    [
      'another parameter',
      (node: DatastaxNode) => ({ ...node, setup: { ...node.setup, environment: { CDC_TOPIC_PREFIX: 'other-' } } }),
    ],
  ])('restarts its node for %s', async (_, change) => {
    const ring = aRing(1);
    await ring.install();
    const changed = ring.nodes.map((node) => change(node, ring.bring('a newer jar')));
    expect(await ring.install(async () => {}, changed)).toBe(1);
    expect(ring.restarts()).toHaveLength(2);
    expect(await datastaxDiff(changed[0]!)).toEqual([]);
    await ring.remove(changed[0]!);
    expect(readFileSync(changed[0]!.script, 'utf8')).toBe(originalScript);
  });

  test('that is not heard stops it; repeated, it is heard first, without another restart, and then the rest follows', async () => {
    const ring = aRing(3);
    const deaf = async ({ node }: DatastaxNode) => {
      if (node.hostId === 'host-1') throw silent;
    };
    const stopped =
      /its canary[\s\S]*the DataStax agent on all of 3[\s\S]*done: 10\.0\.0\.0; half done: 10\.0\.0\.1; untouched: 10\.0\.0\.2/;
    await expect(ring.install(deaf)).rejects.toThrow(stopped);
    await expect(ring.install(deaf)).rejects.toThrow(stopped);
    expect(ring.restarts()).toEqual(['host-0 restart', 'host-1 restart']);
    expect(readFileSync(ring.nodes[2]!.script, 'utf8')).toBe(originalScript);
    expect(await ring.install()).toBe(2);
    expect(ring.restarts()).toEqual(['host-0 restart', 'host-1 restart', 'host-2 restart']);
    expect(ring.proved).toEqual(['host-0', 'host-1', 'host-2']);
  });

  describe.each<[Break, string]>([
    ['before it is done', originalYaml],
    // A node that has CDC says nothing of whether it was restarted.
    ['before its end is told', 'cdc_enabled: true\ncdc_raw_directory: /cdc_raw\n'],
  ])('where a connection breaks %s', (when, yaml) => {
    test('goes on after it, wherever that was, and ends the same', async () => {
      for (let call = 0, broke = ' '; broke !== ''; call++) {
        const ring = aRing(1);
        const [node] = ring.nodes as [DatastaxNode];
        for (const file of [node.yaml, join(ring.folder, 'host-0.running')]) writeFileSync(file, yaml);
        const admin = breakingAt(node.admin, call, when);
        const cut = ring.install(async () => {}, [{ ...node, admin, shell: admin, owner: admin }]);
        await cut.catch((error: Error) => expect(error.message).toContain('it broke'));
        broke = admin.brokeAt();
        await ring.install();
        expect([...new Set(ring.proved)], broke).toEqual(['host-0']);
        expect(await datastaxDiff(node), broke).toEqual([]);
        expect(ring.restarts(), broke).toEqual(['host-0 restart']);
        expect(readFileSync(`${node.script}.running`, 'utf8'), broke).toBe(readFileSync(node.script, 'utf8'));
      }
    });

    test('goes after it, wherever that was: every file is what it was, and the node was restarted', async () => {
      for (let call = 0, broke = ' '; broke !== ''; call++) {
        const ring = aRing(1);
        const [node] = ring.nodes as [DatastaxNode];
        await ring.install();
        const admin = breakingAt(node.admin, call, when);
        await ring.remove({ ...node, admin }).catch((error: Error) => expect(error.message).toContain('it broke'));
        broke = admin.brokeAt();
        await ring.remove(node);
        expect(ring.undone(), broke).toBeGreaterThan(0);
        expect(readFileSync(node.script, 'utf8'), broke).toBe(originalScript);
        expect(readFileSync(node.yaml, 'utf8'), broke).toBe(originalYaml);
        expect(existsSync(node.folder), broke).toBe(false);
      }
    });
  });

  test('is not put where a node could not read it', async () => {
    const ring = aRing(1);
    const [node] = ring.nodes as [DatastaxNode];
    const blind: NodeShell = { ...node.shell, run: async () => ({ code: 1, stdout: '', stderr: '' }) };
    await expect(ring.install(async () => {}, [{ ...node, shell: blind }])).rejects.toThrow(/readable by the user/);
    expect(readFileSync(node.script, 'utf8')).toBe(originalScript);
    expect(ring.log()).toEqual(['']);
  });

  test('is not put into a node while another is away', async () => {
    const ring = aRing(2);
    writeFileSync(join(ring.folder, 'down'), 'host-1');
    await expect(ring.install()).rejects.toThrow(/10\.0\.0\.0 sees it as DN/);
    expect(readFileSync(ring.nodes[0]!.script, 'utf8')).toBe(originalScript);
    expect(existsSync(ring.nodes[0]!.folder)).toBe(false);
  });

  test('goes, with every file byte for byte as it was, and one restart', async () => {
    const ring = aRing(2);
    await ring.install();
    for (const node of ring.nodes) {
      expect(await ring.remove(node)).toEqual({ restarts: 1, left: [] });
      expect(readFileSync(node.script, 'utf8')).toBe(originalScript);
      expect(statSync(node.script).mode & 0o777).toBe(0o640);
      expect(readFileSync(node.yaml, 'utf8')).toBe(originalYaml);
      expect(existsSync(node.folder)).toBe(false);
      expect(await ring.remove(node)).toEqual({ restarts: 0, left: [] });
    }
  });

  test('leaves a file that somebody else has changed since, names it, and puts the others back', async () => {
    const ring = aRing(1);
    const [node] = ring.nodes as [DatastaxNode];
    await ring.install();
    writeFileSync(node.script, `${readFileSync(node.script, 'utf8')}# tuned\n`);
    await expect(ring.remove(node)).rejects.toThrow(/env\.sh .*as cdcmig left it; found somebody has changed it since/);
    expect(readFileSync(node.yaml, 'utf8')).toBe(originalYaml);
    writeFileSync(node.script, originalScript);
    expect(await ring.remove(node)).toEqual({ restarts: 1, left: [] });
  });

  test('where the operator had the same jar already takes nothing of his away', async () => {
    const ring = aRing(1);
    const [node] = ring.nodes as [DatastaxNode];
    const to = join(ring.folder, 'agent-of-his.jar');
    writeFileSync(to, 'a jar');
    chmodSync(to, 0o644);
    const his = { ...node, jar: { ...node.jar, to } };
    await ring.install(async () => {}, [his]);
    await ring.remove(his);
    expect(readFileSync(to, 'utf8')).toBe('a jar');
    rmSync(to);
    expect(readdirSync(ring.folder)).not.toContain('host-0-ours');
  });
});
