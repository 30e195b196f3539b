import type { Command } from './commands.ts';
import { PulsarError, serverError } from './pulsar-error.ts';

interface PendingRequest {
  readonly resolve: (answer: Command) => void;
  readonly reject: (reason: unknown) => void;
  /** However long the answer takes. */
  readonly waitOn: () => void;
}

/** Requests of one connection that wait for their answer. */
export class PendingRequests {
  private readonly byId = new Map<number, PendingRequest>();

  add(id: number, timeoutMs: number, signal?: AbortSignal): Promise<Command> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const release = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
        this.byId.delete(id);
      };
      const settled: PendingRequest = {
        resolve(answer) {
          release();
          resolve(answer);
        },
        reject(reason) {
          release();
          reject(reason);
        },
        waitOn: () => clearTimeout(timer),
      };
      const onAbort = () => settled.reject(signal?.reason);
      const timer = setTimeout(
        () => settled.reject(new PulsarError('Timeout', `no answer within ${timeoutMs} ms`)),
        timeoutMs,
      );
      signal?.addEventListener('abort', onAbort, { once: true });
      this.byId.set(id, settled);
    });
  }

  /** The broker has heard, and will answer in its own time. */
  waitOn(id: number): void {
    this.byId.get(id)?.waitOn();
  }

  /** An answer that nobody waits for any more is dropped. */
  settle(answer: Answer, command: Command): void {
    const request = this.byId.get(answer.requestId);
    if (answer.error === null) request?.resolve(command);
    else request?.reject(answer.error);
  }

  failAll(error: PulsarError): void {
    for (const request of [...this.byId.values()]) request.reject(error);
  }
}

/** CONNECT has no request id; the broker refuses it with this one. */
export const connectRequestId = -1;

export interface Answer {
  readonly requestId: number;
  readonly error: PulsarError | null;
}

/** Which request a command answers, and whether it refuses it; null when it is no answer. */
export function answerOf(command: Command): Answer | null {
  if (command.connected) return { requestId: connectRequestId, error: null };
  if (command.error) return refusal(command.error);
  if (command.lookupResponse) return answerWhere(command.lookupResponse, command.lookupResponse.response === 2);
  if (command.partitionedMetadataResponse) {
    return answerWhere(command.partitionedMetadataResponse, command.partitionedMetadataResponse.response === 1);
  }
  if (command.ackResponse) {
    const { requestId = connectRequestId, error, message } = command.ackResponse;
    return answerWhere({ requestId, error, message }, error !== undefined);
  }
  const ofSchema = command.getSchemaResponse ?? command.getOrCreateSchemaResponse;
  if (ofSchema) return answerWhere(ofSchema, ofSchema.error !== undefined);
  const plain = command.success ?? command.producerSuccess ?? command.getLastMessageIdResponse;
  return plain === undefined ? null : { requestId: plain.requestId, error: null };
}

interface Answered {
  readonly requestId: number;
  readonly error?: number | undefined;
  readonly message?: string | undefined;
}

function answerWhere(answered: Answered, isRefused: boolean): Answer {
  return isRefused ? refusal(answered) : { requestId: answered.requestId, error: null };
}

function refusal(answered: Answered): Answer {
  return { requestId: answered.requestId, error: serverError(answered.error, answered.message) };
}
