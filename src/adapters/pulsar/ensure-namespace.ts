import { type Sentence, throwIfAny } from '../../errors.ts';
import type { PulsarAdmin } from '../../wire/pulsar/admin.ts';
import { PulsarAdminError } from '../../wire/pulsar/admin-http.ts';
import { askAdmin } from './admin-patience.ts';

/** Creates or verifies tenant and namespace, sets every policy that is not as it must be, and reads all of them back. */
export async function ensureNamespace(admin: PulsarAdmin, namespace: string, signal?: AbortSignal): Promise<void> {
  const [tenant] = namespace.split('/') as [string];
  await askAdmin(`a tenant ${tenant}`, signal, () => unlessForbidden(() => admin.createTenant(tenant, signal)));
  await askAdmin(`a namespace ${namespace}`, signal, () =>
    unlessForbidden(() => admin.createNamespace(namespace, signal)),
  );
  const faults: Sentence[] = [];
  for (const policy of policies) {
    const found = await askAdmin(`to set ${policy.wanted} on ${namespace}`, signal, () =>
      setAndReadBack(policy, admin, namespace, signal),
    );
    if (found !== undefined) faults.push(notTaken(policy.wanted, namespace, found));
  }
  throwIfAny(faults);
}

interface Policy {
  readonly wanted: string;
  readonly read: (admin: PulsarAdmin, namespace: string, signal?: AbortSignal) => Promise<unknown>;
  readonly isGood: (found: never) => boolean;
  readonly set: (admin: PulsarAdmin, namespace: string, signal?: AbortSignal) => Promise<void>;
}

function policy<T>(
  wanted: string,
  read: (admin: PulsarAdmin, namespace: string, signal?: AbortSignal) => Promise<T>,
  isGood: (found: T) => boolean,
  set: Policy['set'],
): Policy {
  return { wanted, read, isGood, set };
}

// Whatever the broker's defaults are: each of these, left to them, can lose messages that nobody has read yet.
const policies: readonly Policy[] = [
  policy(
    'unlimited retention',
    (admin, namespace, signal) => admin.retention(namespace, signal),
    (found) => found?.timeMinutes === -1 && found.sizeMegabytes === -1,
    (admin, namespace, signal) => admin.setRetention(namespace, { timeMinutes: -1, sizeMegabytes: -1 }, signal),
  ),
  policy(
    'an unlimited backlog quota',
    (admin, namespace, signal) => admin.backlogQuota(namespace, signal),
    (found) => found?.limitBytes === -1 && found.policy === 'producer_request_hold',
    (admin, namespace, signal) =>
      admin.setBacklogQuota(namespace, { limitBytes: -1, policy: 'producer_request_hold' }, signal),
  ),
  policy(
    'no message TTL',
    (admin, namespace, signal) => admin.messageTtlSeconds(namespace, signal),
    (found) => found === 0,
    (admin, namespace, signal) => admin.setMessageTtlSeconds(namespace, 0, signal),
  ),
  policy(
    'no automatic topic creation',
    (admin, namespace, signal) => admin.allowsAutoTopicCreation(namespace, signal),
    (found) => found === false,
    (admin, namespace, signal) => admin.forbidAutoTopicCreation(namespace, signal),
  ),
];

/** What stands there instead after setting, or undefined when all is well. */
async function setAndReadBack(
  { read, isGood, set }: Policy,
  admin: PulsarAdmin,
  namespace: string,
  signal?: AbortSignal,
): Promise<string | undefined> {
  if (isGood((await read(admin, namespace, signal)) as never)) return undefined;
  await set(admin, namespace, signal);
  const found = await read(admin, namespace, signal);
  return isGood(found as never) ? undefined : JSON.stringify(found);
}

/** Creating needs more rights than using: what another has made for us is verified by its policies. */
async function unlessForbidden(create: () => Promise<unknown>): Promise<void> {
  try {
    await create();
  } catch (error) {
    if (!(error instanceof PulsarAdminError) || ![401, 403].includes(error.status)) throw error;
  }
}

function notTaken(wanted: string, namespace: string, found: string): Sentence {
  return {
    expected: `${wanted} on namespace ${namespace}`,
    found: `${found} after setting it`,
    next: 'see whether the broker refuses such policies, and which of its settings forces this one',
  };
}
