import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { localShell } from '../../src/adapters/local-shell/local-shell.ts';
import { type CdcNode, turnOnCdc } from '../../src/deploy/turn-on-cdc.ts';
import type { ProgressEvent } from '../../src/events.ts';
import type { NodeSettings } from '../../src/ports/source-cluster.ts';
import { aNode } from './a-node.ts';

export const originalYaml = 'cluster_name: shop\ncdc_enabled: false\n';

/**
 * Nodes that are folders: their Cassandra runs with what cassandra.yaml said when restart was called last; nodetool writes
 * down what it was asked, and tells of the ring what stands in a file (`down`). `<host>.stuck` keeps a node from being drained,
 * `.slow` from ending that, `.mute` from telling of the ring; one with `.dead` does not run until it is restarted.
 */
export function aRing(size: number, rackOf: (index: number) => string = () => 'r1') {
  const folder = mkdtempSync(join(tmpdir(), 'cdcmig-ring-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const log = join(folder, 'log');
  writeFileSync(log, '');
  writeFileSync(join(folder, 'down'), '');
  const hosts = Array.from({ length: size }, (_, index) => `host-${index}`);
  const shell = localShell();
  const nodes: readonly CdcNode[] = hosts.map((host, index) => {
    const yaml = join(folder, `${host}.yaml`);
    writeFileSync(yaml, originalYaml);
    writeFileSync(join(folder, `${host}.running`), originalYaml);
    const nodetool = `case $1 in
drain) echo "${host} drain" >>"${log}"; while [ -e "${folder}/${host}.slow" ]; do sleep 0.05; done; echo stuck; ! [ -e "${folder}/${host}.stuck" ] ;;
status) [ -e "${folder}/${host}.dead" ] && exit 1; while [ -e "${folder}/${host}.mute" ]; do sleep 0.05; done; for h in ${hosts.join(' ')}; do grep -q $h "${folder}/down" && s=DN || s=UN; echo "$s  10.0.0.1  1 KiB  1  ?  $h  r1"; done ;;
esac`;
    const restart = `echo "${host} restart" >>"${log}"; rm -f "${folder}/${host}.dead"; cp "${yaml}" "${folder}/${host}.running"; sleep 20 &`;
    return {
      node: { ...aNode(host, `10.0.0.${host.at(-1)}`), rack: rackOf(index) },
      admin: shell,
      owner: shell,
      folder: join(folder, `${host}-ours`),
      nodetool: ['sh', '-c', nodetool, "it's"],
      restart: ['sh', '-c', restart],
      kept: { shell, folder: join(folder, `${host}-ours`, 'kept') },
      yaml,
      cdcRawDirectory: '/cdc_raw',
    };
  });
  const running = (host: string) => readFileSync(join(folder, `${host}.running`), 'utf8');
  const events: ProgressEvent[] = [];
  return {
    folder,
    nodes,
    events,
    log: () => readFileSync(log, 'utf8').trim().split('\n'),
    /** What a roll over them needs beside its own. */
    roll: {
      ring: nodes,
      source: {
        async nodeSettings({ hostId }: { readonly hostId: string }) {
          if (existsSync(join(folder, `${hostId}.dead`))) throw new Error('connection refused');
          return { hostId, cdcEnabled: running(hostId).includes('cdc_enabled: true') } as NodeSettings;
        },
      },
      timeoutMs: 0,
      commandTimeoutMs: 60_000,
      report: (event: ProgressEvent) => events.push(event),
    },
  };
}

/** A ring on which CDC is turned on, by default node by node; `proved` are the hosts whose proof succeeded, in their order. */
export function aRingToTurnOn(size: number, { groupsOf = oneByOne, rackOf }: TurnOnOptions = {}) {
  const ring = aRing(size, rackOf);
  const proved: string[] = [];
  const turnOn = (proveNode: (node: CdcNode) => Promise<void> = async () => {}, more: object = {}) =>
    turnOnCdc({
      ...{ ...ring.roll, groups: groupsOf(ring.nodes), ...more },
      proveNode: async (node) => {
        await proveNode(node);
        proved.push(node.node.hostId);
      },
    });
  return { ...ring, proved, turnOn, restarts: () => ring.log().filter((line) => line.endsWith('restart')) };
}

interface TurnOnOptions {
  readonly groupsOf?: (nodes: readonly CdcNode[]) => readonly (readonly CdcNode[])[];
  readonly rackOf?: (index: number) => string;
}

function oneByOne(nodes: readonly CdcNode[]): readonly (readonly CdcNode[])[] {
  return nodes.map((node) => [node]);
}
