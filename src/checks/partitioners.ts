import type { Finding } from '../model/finding.ts';
import { murmur3 } from '../model/token.ts';
import type { Check } from './check.ts';
import { fault } from './fault.ts';

/**
 * Splits, the changes' partitions and the readings of a comparison are cut by the source's Murmur3 tokens. A target with another partitioner takes what is
 * written as any, but is not read by them: a comparison looks its partitions up by key.
 */
export const partitioners: Check = {
  name: 'partitioners',
  async ask({ config, source, target, signal }): Promise<readonly Finding[]> {
    const [ofSource, ofTarget] = await Promise.all([source.partitioner(signal), target.partitioner(signal)]);
    const found: Finding[] = [];
    if (ofSource !== murmur3)
      found.push(fault(this.name, `${murmur3} on the source`, ofSource, 'cdcmig cannot move this cluster'));
    if (ofTarget !== murmur3)
      found.push({
        ...{ severity: 'warning', check: this.name, expected: `${murmur3} on the target`, found: ofTarget },
        next: `each validation takes longer: it looks every partition up by key and reads all keys of the target. ${config.target.kind === 'keyspaces' ? ofAccount : 'A cluster with that partitioner spares it'}`,
      });
    return found;
  },
};

const ofAccount = `To spare it, UPDATE system.local SET partitioner = '${murmur3}' WHERE key = 'local', which holds for all that the account has in that Region, and wait ten minutes`;
