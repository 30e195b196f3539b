import { crowdedKeyspaces } from '../model/rack-spread.ts';
import type { Check, CheckContext } from './check.ts';
import { fault } from './fault.ts';

/** Where nodes are restarted rack by rack, no rack may hold more than one replica of a row, or the only one. */
export const racks = {
  name: 'racks',
  async ask({ config, source, signal }: Pick<CheckContext, 'config' | 'source' | 'signal'>) {
    const { restartAtOnce, mode } = config.capture;
    if (restartAtOnce !== 'rack' || mode !== 'cdc') return [];
    const [keyspaces, nodes] = [await source.keyspaces(signal), await source.nodes(signal)];
    return crowdedKeyspaces(keyspaces, nodes).map(({ name, why }) =>
      fault(
        this.name,
        `the replicas of keyspace ${name} each in a rack of its own, and others beside, as a whole rack is restarted at once`,
        why,
        'set capture.restartAtOnce: node',
      ),
    );
  },
} satisfies Check;
