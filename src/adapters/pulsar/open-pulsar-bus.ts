import { randomUUID } from 'node:crypto';
import type { MessageBus } from '../../ports/message-bus.ts';
import { PulsarAdmin } from '../../wire/pulsar/admin.ts';
import { connectPulsar } from '../../wire/pulsar/connect-pulsar.ts';
import { onBus } from './bus-errors.ts';
import { comparePositions } from './bus-position.ts';
import { ensureNamespace } from './ensure-namespace.ts';
import { openPublisher } from './open-publisher.ts';
import { openReader, readLastPosition } from './open-reader.ts';
import { openSubscription } from './open-subscription.ts';
import { readCursor } from './read-cursor.ts';
import { type PulsarLogin, readLogin } from './read-login.ts';
import { compactTopic, describeTopic, ensureSubscription, ensureTopic, readBacklog } from './topic-admin.ts';

export interface PulsarBusOptions extends PulsarLogin {
  /** `pulsar://host:6650[,host:6650]`, or `pulsar+ssl://`. */
  readonly serviceUrl: string;
  /** `http://host:8080`, or https. */
  readonly adminUrl: string;
  readonly tenant: string;
  readonly namespace: string;
  /** Shown in the topics' stats. */
  readonly clientName: string;
  /** Gives up opening. */
  readonly signal?: AbortSignal;
}

/** One namespace of a Pulsar cluster. OperatorError if no broker can be reached or it refuses us. */
export async function openPulsarBus(options: PulsarBusOptions): Promise<MessageBus> {
  const { serviceUrl, adminUrl, clientName, signal } = options;
  const { auth, tls } = await readLogin(options);
  const client = await onBus(`Pulsar at ${serviceUrl} to let us in`, () =>
    connectPulsar({ serviceUrl, auth, tls, signal }),
  );
  const admin = new PulsarAdmin({ adminUrl, auth, tls });
  const namespace = `${options.tenant}/${options.namespace}`;
  const full = (topic: string) => `persistent://${namespace}/${topic}`;
  const readerOf = (topic: string) => ({ client, topic: full(topic), readerName: clientName });

  return {
    ensureNamespace: (signal) => ensureNamespace(admin, namespace, signal),
    ensureTopic: (topic, count, signal) => ensureTopic(admin, full(topic), count, signal),
    ensureSubscription: (topic, name, signal) => ensureSubscription(admin, full(topic), name, signal),
    describeTopic: (topic, signal) => describeTopic(admin, full(topic), namespace, signal),
    backlog: (topic, name, signal) => readBacklog(admin, full(topic), name, signal),
    schema: (topic, version, signal) =>
      onBus(`to read the schema of ${topic}`, () => client.schema(full(topic), version, signal)),
    lastPosition: (topic, signal) => readLastPosition(readerOf(topic), signal),
    acknowledgedUpTo: (topic, name, signal) => readCursor({ ...readerOf(topic), subscription: name }, signal),
    compact: (topic, signal) => compactTopic(admin, full(topic), signal),
    publisher: (topic, more, signal) => openPublisher({ client, admin, topic: full(topic), clientName }, more, signal),
    subscribe: (topic, subscription, kind, more = {}) =>
      openSubscription({
        client,
        topic: full(topic),
        subscription,
        kind,
        // Unlike the client's, a consumer's name must be its own: the broker puts failover consumers in order by it.
        consumerName: `${clientName}-${randomUUID().slice(0, 8)}`,
        ...more,
      }),
    reader: (topic, from, signal) => openReader(readerOf(topic), from, signal),
    comparePositions,
    close: () => client.close(),
  };
}
