import type { Sentence } from '../errors.ts';
import type { Config } from './config.ts';
import { datastaxFaults } from './datastax-rules.ts';
import { fault, together } from './fault.ts';

type Rule = (config: Config) => readonly Sentence[];

/** What the shape alone cannot say. Every rule is asked, so that all faults are told at once. */
export function brokenRules(config: Config): readonly Sentence[] {
  return rules.flatMap((rule) => rule(config));
}

const rules: readonly Rule[] = [
  function loginsAreWhole({ source, target }) {
    return [source, target].flatMap((cluster, index) => {
      const side = index === 0 ? 'source' : 'target';
      return together(`${side}.username and ${side}.password`, cluster.username, cluster.password);
    });
  },
  function onePulsarLogin({ pulsar: { token, oauth2, tlsCertFile, tlsKeyFile } }) {
    return [
      ...(token !== undefined && oauth2
        ? [fault('pulsar.token or pulsar.oauth2', 'both of them', 'remove the one that is not meant')]
        : []),
      ...together('pulsar.tlsCertFile and pulsar.tlsKeyFile', tlsCertFile, tlsKeyFile),
    ];
  },
  function unitsComeInPairs({ target }) {
    if (target.kind !== 'keyspaces') return [];
    const { capacity, warmThroughput } = target.settings;
    // None of them is what is not written.
    const pair = (names: string, reads = 0, writes = 0) =>
      together(`target.tables.${names}`, reads || undefined, writes || undefined);
    return [
      ...(capacity.mode === 'provisioned'
        ? pair('readUnits and writeUnits', capacity.readUnits, capacity.writeUnits)
        : []),
      ...pair(
        'warmReadsPerSecond and warmWritesPerSecond',
        warmThroughput?.readUnitsPerSecond,
        warmThroughput?.writeUnitsPerSecond,
      ),
    ];
  },
  datastaxFaults,
  function agentsAreDistinct({ capture }) {
    return [
      ...repeated(capture.agents.map((agent) => agent.node)).map((node) =>
        fault('one agent a node', `${node} twice in capture.agents`, 'remove one of them'),
      ),
      ...repeated(capture.agents.map(({ ssh, folder }) => `${ssh ? `${ssh.host}:${ssh.port}:` : ''}${folder}`)).map(
        (place) =>
          fault(
            'a folder of its own for every agent of a machine',
            `${place} twice in capture.agents`,
            'give each agent another folder',
          ),
      ),
    ];
  },
  function cdcModeKnowsItsFolder({ capture }) {
    if (capture.mode !== 'cdc') return [];
    return capture.agents
      .filter((agent) => agent.cdcRawDirectory === undefined)
      .map((agent) =>
        fault('cdcRawDirectory in cdc mode', `none for node ${agent.node}`, "add the node's cdc_raw_directory"),
      );
  },
  function systemdNeedsRights({ capture }) {
    return capture.agents
      .filter(({ supervisor, ssh }) => supervisor === 'systemd' && ssh && !ssh.sudo && ssh.user !== 'root')
      .map(({ node }) =>
        fault(
          `ssh.sudo for the unit of node ${node}`,
          'a login that is not root',
          'set ssh.sudo, or supervisor: process',
        ),
      );
  },
  function otherUsersNeedSudo({ capture }) {
    return capture.agents
      .filter(({ user, ssh }) => user !== undefined && ssh?.user !== user && !ssh?.sudo)
      .map(({ node, user, ssh }) =>
        fault(
          `to become ${user} on node ${node}`,
          ssh ? `a login as ${ssh.user} without ssh.sudo` : 'no ssh: agents of this machine run as who starts them',
          'set ssh.sudo, log in as that user, or leave user out',
        ),
      );
  },
  function nodetoolShowsNoPassword({ capture }) {
    // Everybody on the node can read its command lines, and ours are shown and told.
    return capture.agents
      .filter(({ nodetool }) => nodetool.some((word) => /(^|\s)(-pw|--password)([=\s]|$)/.test(word)))
      .map(({ node }) =>
        fault(
          `nodetool of node ${node} without a password on its command line`,
          'one',
          'keep it in a file on the node, readable by who runs nodetool there: -pwf /path',
        ),
      );
  },
  function tokenIsOnTheNodes({ feed, capture, pulsar }) {
    // DataStax's agents have a login of their own.
    if (feed === 'datastax') return [];
    if (!pulsar.token?.startsWith('env:') || !capture.agents.some(({ ssh }) => ssh)) return [];
    const next = 'keep the token in a file on every node, readable by the agent’s user, and here: file:/path';
    return [fault('pulsar.token as a file where agents are reached by SSH', 'an environment variable', next)];
  },
  function warningComesFirst({ capture: { interlock } }) {
    if (interlock.warnAt < interlock.criticalAt) return [];
    return [fault('capture.warnPercent below capture.criticalPercent', 'it is not', 'lower capture.warnPercent')];
  },
  function reserveFitsTheWindow({ window }) {
    if (window.reserveMicros * 2n <= window.pastMicros) return [];
    return [fault('a reserve of at most half of window.pastHours', 'a longer one', 'lower window.reserveHours')];
  },
  function someTableIsLeft({ source }) {
    const isEmpty = source.excludeTables.includes('*');
    return isEmpty
      ? [fault('tables to move', 'source.excludeTables means all of them', 'name those that stay behind')]
      : [];
  },
  function tablesAreNamedOnce({ source }) {
    return repeated(source.tables ?? []).map((table) =>
      fault('each table once', `${table} twice in source.tables`, 'remove one of them'),
    );
  },
];

function repeated(values: readonly string[]): readonly string[] {
  return [...new Set(values.filter((value, index) => values.indexOf(value) !== index))];
}
