import { OperatorError } from '../../errors.ts';
import { connectCql } from '../../wire/cql/connect-cql.ts';
import type { CqlConnection } from '../../wire/cql/cql-connection.ts';
import { isBadCredentials } from '../../wire/cql/error-kinds.ts';
import type { SocketAddress } from '../../wire/cql/open-socket.ts';
import type { ConnectionFacts } from './endpoint.ts';

/** A connection to the first of these nodes that answers; OperatorError with every reason if none does. */
export async function connectFirst(
  addresses: readonly SocketAddress[],
  facts: ConnectionFacts,
  signal?: AbortSignal,
): Promise<CqlConnection> {
  const refusals: unknown[] = [];
  for (const address of addresses) {
    try {
      return await connectCql({ ...facts, ...address, ...(signal && { signal }) });
    } catch (error) {
      signal?.throwIfAborted();
      // Asking the next node with the same wrong password would only help to lock the role.
      if (isBadCredentials(error)) throw badCredentials(error as Error, facts.login);
      refusals.push(error);
    }
  }
  throw unreachable(addresses, refusals);
}

function badCredentials(cause: Error, { at, next }: Login = usualLogin): OperatorError {
  return new OperatorError({ expected: `${at} to let us in`, found: cause.message, next }, { cause });
}

type Login = NonNullable<ConnectionFacts['login']>;

const usualLogin: Login = {
  at: 'Cassandra',
  next: 'check the user name and the password that the configuration refers to',
};

function unreachable(addresses: readonly SocketAddress[], refusals: readonly unknown[]): OperatorError {
  const names = addresses.map(({ host, port }) => `${host}:${port}`).join(', ');
  const reasons = refusals.map((refusal) => (refusal instanceof Error ? refusal.message : String(refusal)));
  return new OperatorError(
    {
      expected: `one of the nodes ${names || '(none given)'} to answer CQL`,
      found: reasons.join('; ') || 'nothing to connect to',
      next: 'check addresses, port, firewall and whether the cluster wants TLS',
    },
    { cause: refusals[0] },
  );
}
