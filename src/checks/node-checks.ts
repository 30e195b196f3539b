import type { Config } from '../config/config.ts';
import type { Finding } from '../model/finding.ts';
import type { SourceNode } from '../ports/source-cluster.ts';
import type { Check } from './check.ts';
import { commitLog, commitLogFindings } from './commit-log-findings.ts';
import { fault } from './fault.ts';

/** Every node of the source answers: an agent on a node that is down sees nothing, and a canary needs them all. */
export const nodesUp: Check = {
  name: 'nodes up',
  async ask({ source, signal }) {
    const nodes = await source.nodes(signal);
    return nodes
      .filter((node) => !node.isUp)
      .map((node) => fault(this.name, `node ${node.address} up`, 'it is down', 'start it, then repeat the command'));
  },
};

const warnSkewMicros = 500_000n;
const worstSkewMicros = 30_000_000n;

/** Write times of all coordinators and ours are compared, so the clocks must agree well within the hand-over's margin of a minute. */
export const clocksAgree: Check = {
  name: 'clocks',
  async ask({ source, target, signal }) {
    const nodes = await source.nodes(signal);
    const settings = await Promise.all(
      nodes.filter((node) => node.isUp).map((node) => source.nodeSettings(node, signal)),
    );
    const skews = [
      ...settings.map(({ hostId, clockSkewMicros }) => ({ who: `source node ${hostId}`, skew: clockSkewMicros })),
      { who: 'the target', skew: await target.clockSkewMicros(signal) },
    ];
    return skews.flatMap(({ who, skew }): Finding[] => {
      const size = skew < 0n ? -skew : skew;
      if (size < warnSkewMicros) return [];
      const found = `${Number(skew / 1000n)} ms apart`;
      const expected = `the clock of ${who} within ${size < worstSkewMicros ? '0.5' : '30'} s of ours`;
      return [
        {
          severity: size < worstSkewMicros ? 'warning' : 'fault',
          check: this.name,
          expected,
          found,
          next: 'synchronise the clocks (NTP)',
        },
      ];
    });
  },
};

/** Nodes whose cassandra.yaml deploy-agent edits by itself. */
function editedHere(nodes: readonly SourceNode[], { capture }: Config): ReadonlySet<string> {
  const edited = capture.agents.filter((agent) => agent.cassandraYaml !== undefined).map((agent) => agent.node);
  return new Set(nodes.filter(({ address }) => edited.includes(address)).map(({ hostId }) => hostId));
}

/** In cdc mode the nodes must have been started with CDC, or be such that we may do it; in either mode an encrypted or unknown log cannot be read. */
export const commitLogReadable: Check = {
  name: commitLog,
  async ask({ config, source, signal }) {
    const nodes = await source.nodes(signal);
    const settings = await Promise.all(
      nodes.filter((node) => node.isUp).map((node) => source.nodeSettings(node, signal)),
    );
    return commitLogFindings(settings, { ...config.capture, turnedOnHere: editedHere(nodes, config) });
  },
};
