import type { Check } from './check.ts';
import { fault } from './node-checks.ts';

/** Writes of a keyspace without durable writes are not in the commit log at all. */
export const durableWrites: Check = {
  name: 'durable writes',
  async ask({ config, source, signal }) {
    const { keyspace: name } = config.source;
    const keyspace = await source.keyspace(name, signal);
    if (!keyspace)
      return [fault(this.name, `keyspace ${name} on the source`, 'no such keyspace', 'mend source.keyspace')];
    if (keyspace.durableWrites) return [];
    return [
      fault(
        this.name,
        `durable_writes = true on ${name}`,
        'it is off: its writes are in no commit log',
        `ALTER KEYSPACE ${name} WITH durable_writes = true`,
      ),
    ];
  },
};
