import { setTimeout as sleep } from 'node:timers/promises';
import type { CqlPool } from '../../../wire/cql/cql-pool.ts';
import { CqlServerError } from '../../../wire/cql/errors.ts';
import type { BackingSchema } from '../state/backing-ddl.ts';
import { KeyspacesError } from '../state/keyspaces-error.ts';

/** Definitions on the backing Cassandra, one at a time: it merges concurrent ones badly. */
export function backingSchema(pool: CqlPool): BackingSchema {
  let last: Promise<unknown> = Promise.resolve();
  return {
    execute: (ddl) => {
      const next = last.then(() => executeOne(pool, ddl));
      last = next.catch(() => {});
      return next;
    },
  };
}

const invalidCodes = [0x2000, 0x2200, 0x2300, 0x2400];

async function executeOne(pool: CqlPool, ddl: string): Promise<void> {
  try {
    await pool.query(ddl, { consistency: 'LOCAL_QUORUM' });
  } catch (cause) {
    if (!(cause instanceof CqlServerError) || !invalidCodes.includes(cause.code)) throw cause;
    throw new KeyspacesError('ValidationException', cause.message, { cause });
  }
  await waitForAgreement(pool);
}

/** More than one backing node agree a little later. */
async function waitForAgreement(pool: CqlPool): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const own = await pool.query('SELECT schema_version FROM system.local', { consistency: 'ONE' });
    const peers = await pool.query('SELECT schema_version FROM system.peers', { consistency: 'ONE' });
    const versions = [...own.rows, ...peers.rows].map(([version]) => version?.toString('hex'));
    if (new Set(versions).size === 1) return;
    await sleep(50);
  }
  throw new Error('the nodes of the backing Cassandra do not agree on their schema');
}
