import type { Finding } from '../model/finding.ts';
import type { Check } from './check.ts';
import { fault } from './fault.ts';

const murmur3 = 'org.apache.cassandra.dht.Murmur3Partitioner';

/**
 * Splits, the changes' partitions and both readings of a comparison are cut by Murmur3 tokens. Another partitioner of the target would let everything
 * be copied and nothing be proved.
 */
export const partitioners: Check = {
  name: 'partitioners',
  async ask({ config, source, target, signal }): Promise<readonly Finding[]> {
    const [ofSource, ofTarget] = await Promise.all([source.partitioner(signal), target.partitioner(signal)]);
    const next =
      config.target.kind === 'keyspaces'
        ? `UPDATE system.local SET partitioner = '${murmur3}' WHERE key = 'local' in that Region, and wait ten minutes`
        : 'move to a cluster with that partitioner';
    return [
      ...(ofSource === murmur3
        ? []
        : [fault(this.name, `${murmur3} on the source`, ofSource, 'cdcmig cannot move this cluster')]),
      ...(ofTarget === murmur3 ? [] : [fault(this.name, `${murmur3} on the target`, ofTarget, next)]),
    ];
  },
};
