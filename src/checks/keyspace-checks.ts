import type { Check } from './check.ts';
import { fault } from './fault.ts';

/** In commitlog mode what a repair streams bypasses the log; in cdc mode it floods it with old changes. */
export const noRepairs: Check = {
  name: 'repairs',
  async ask({ config, source, signal }) {
    const running = await source.runningRepairs(signal);
    if (running === 0) return [];
    const effect =
      config.capture.mode === 'cdc'
        ? 'what it streams is captured again, with its old write times'
        : 'what it streams is in no commit log: only a full validation finds it';
    return [
      {
        severity: 'warning',
        check: this.name,
        expected: 'no repair during the migration',
        found: `${running} running; ${effect}`,
        next: 'let it end first, and start no other until the cutover',
      },
    ];
  },
};

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
