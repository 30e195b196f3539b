import { OperatorError } from '../../errors.ts';
import { PulsarAdminError } from '../../wire/pulsar/admin-http.ts';
import { PulsarError } from '../../wire/pulsar/pulsar-error.ts';

/** What Pulsar refused as the operator can read it; anything that is not of Pulsar comes back as it was. */
export function busFailure(expected: string, error: unknown): unknown {
  if (error instanceof PulsarError)
    return new OperatorError({ expected, found: error.message, next: brokerStep(error) }, { cause: error });
  if (error instanceof PulsarAdminError)
    return new OperatorError({ expected, found: error.message, next: adminStep(error) }, { cause: error });
  return error;
}

/** Runs it and throws busFailure of what it throws. */
export async function onBus<T>(expected: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw busFailure(expected, error);
  }
}

function brokerStep(error: PulsarError): string {
  switch (error.code) {
    case 'AuthenticationError':
    case 'AuthorizationError':
      return 'check the token that the configuration refers to, and what its role may do';
    case 'TlsError':
      return 'check tlsCaFile and the host name in the service URL';
    case 'TopicNotFound':
    case 'SubscriptionNotFound':
      return 'see whether somebody deleted it; cdcmig run --phase deploy-agent creates it, but not what a topic held';
    case 'Undecodable':
      return 'keep the topic as it is and report this; nothing was acknowledged';
    default:
      return 'check that the brokers are up and that the service URL leads to them';
  }
}

function adminStep(error: PulsarAdminError): string {
  if (error.status === 401 || error.status === 403)
    return 'give the role of the token the right to administer the namespace';
  if (/certificate|self.signed/i.test(error.reason)) return 'check tlsCaFile and the host name in the admin URL';
  if (error.status === 0) return 'check the admin URL and that it can be reached from here';
  return 'see what the broker says, then run again';
}
