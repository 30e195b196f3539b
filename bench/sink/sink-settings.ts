import type { SocketAddress } from '../../src/wire/cql/open-socket.ts';

/** What a sink process of the bench is told. */
export interface SinkSettings {
  readonly name: string;
  readonly source: { readonly contactPoints: readonly string[]; readonly datacenter: string };
  readonly target: SocketAddress;
  /** Writes are not sent: they are done at once. */
  readonly isTargetLeftOut: boolean;
  readonly keyspace: string;
  readonly targetKeyspace: string;
  readonly pulsar: {
    readonly serviceUrl: string;
    readonly adminUrl: string;
    readonly tenant: string;
    readonly namespace: string;
  };
  readonly partitions: number;
  readonly writesInFlight: number;
  /** Share of the writes. */
  readonly lostAnswers: number;
}
