import { type AccessKey, isAllowed } from '../access/access-key.ts';
import { type SignedRequest, type Verifier, verifyRequest } from '../access/verify-request.ts';
import { KeyspacesError } from '../state/keyspaces-error.ts';
import type { JsonOperation } from './json-operation.ts';

/** A service that speaks AWS JSON 1.0. */
export interface JsonService {
  /** Before the dot of X-Amz-Target. */
  readonly target: string;
  readonly operations: Readonly<Record<string, JsonOperation>>;
}

export interface JsonAnswer {
  readonly status: number;
  readonly body: object;
}

/** The answer to one request, whatever becomes of it; never throws. */
export async function answerRequest(
  request: SignedRequest,
  services: readonly JsonService[],
  verifier: Verifier,
): Promise<JsonAnswer> {
  try {
    const operation = findOperation(request, services);
    if (!operation) return failure('UnknownOperationException', 'The operation is not known.');
    const verdict = verifyRequest(request, verifier);
    if (!verdict.isValid) return failure(verdict.failure, verdict.message);
    const input = JSON.parse(request.body.toString('utf8') || '{}');
    throwUnlessAllowed(verdict.key, operation, input, verifier.region);
    return { status: 200, body: await operation.run(input) };
  } catch (error) {
    return answerOf(error);
  }
}

function findOperation({ method, url, headers }: SignedRequest, services: readonly JsonService[]) {
  const target = headers['x-amz-target'];
  if (method !== 'POST' || url !== '/' || typeof target !== 'string') return undefined;
  const [service, name = ''] = target.split('.');
  const operations = services.find((known) => known.target === service)?.operations ?? {};
  return Object.hasOwn(operations, name) ? operations[name] : undefined;
}

function throwUnlessAllowed(key: AccessKey, operation: JsonOperation, input: unknown, region: string): void {
  const lacking = operation.needs(input).find((action) => !isAllowed(key, action));
  if (lacking === undefined) return;
  throw new KeyspacesError(
    'AccessDeniedException',
    `${key.accessKeyId} is not authorized to perform: cassandra:${lacking} in ${region}`,
  );
}

function answerOf(error: unknown): JsonAnswer {
  if (error instanceof SyntaxError) return failure('SerializationException', error.message);
  if (!(error instanceof KeyspacesError)) return failure('InternalServerException', String(error), { status: 500 });
  const status = error.refusal === 'InternalServerException' ? 500 : 400;
  return failure(error.refusal, error.message, { status, ...error.members });
}

/** AWS's documents show 400 for all that is the client's to mend; clients go by the type. */
function failure(type: string, message: string, { status = 400, ...members }: { status?: number } = {}): JsonAnswer {
  return { status, body: { __type: type, message, ...members } };
}
