import { exchange, type HttpAnswer } from './http-exchange.ts';
import { type FormField, multipartBody } from './multipart.ts';
import { PulsarError } from './pulsar-error.ts';
import { isTlsFault } from './tls-settings.ts';
import type { PulsarAuth, PulsarTls } from './types.ts';

const requestTimeoutMs = 30_000;

/** A refusal by the admin service, or no answer from it (status 0). */
export class PulsarAdminError extends Error {
  override readonly name = 'PulsarAdminError';
  readonly status: number;
  /** In the service's own words. */
  readonly reason: string;
  readonly isTransient: boolean;

  constructor(request: string, status: number, reason: string, options?: ErrorOptions) {
    super(`${request}: ${status === 0 ? 'no answer' : status}${reason ? ` (${reason})` : ''}`, options);
    this.status = status;
    this.reason = reason;
    // Two changes to one namespace at once: the loser is told 409 and may try again.
    const isCollision = status === 409 && /concurrent modification/i.test(reason);
    const isPassing = status === 0 && mayPass(options?.cause);
    this.isTransient = isPassing || status === 429 || status >= 500 || isCollision;
  }

  get isNotFound(): boolean {
    return this.status === 404;
  }

  get isAlreadyThere(): boolean {
    return this.status === 409 && !this.isTransient;
  }
}

export interface AdminCall {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  /** v3 is that of functions and connectors. */
  readonly api?: 'v2' | 'v3' | undefined;
  /** Behind `/admin/v2/`, already encoded. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>> | undefined;
  readonly body?: unknown;
  /** Instead of a body. */
  readonly form?: readonly FormField[] | undefined;
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface AdminHttpOptions {
  /** `http://host:8080` or `https://host:8443`. */
  readonly adminUrl: string;
  readonly auth?: PulsarAuth | undefined;
  readonly tls?: PulsarTls | undefined;
}

/** Calls the admin service; returns the parsed JSON answer, text when it is not JSON, null for an empty one. */
export class AdminHttp {
  private readonly baseUrl: string;
  private readonly options: AdminHttpOptions;

  constructor(options: AdminHttpOptions) {
    this.baseUrl = options.adminUrl.replace(/\/+$/, '');
    this.options = options;
  }

  async call(call: AdminCall): Promise<unknown> {
    const { signal } = call;
    const request = `${call.method} ${placeOf(call)}`;
    const timeout = AbortSignal.timeout(call.timeoutMs ?? requestTimeoutMs);
    try {
      const answer = await this.answerTo(call, signal ? AbortSignal.any([signal, timeout]) : timeout);
      if (answer.status < 200 || answer.status > 299)
        throw new PulsarAdminError(request, answer.status, reasonIn(answer.text));
      return parsed(answer.text);
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof PulsarAdminError) throw error;
      const cause = timeout.aborted ? timeout.reason : error;
      throw new PulsarAdminError(request, 0, reasonOf(cause), { cause });
    }
  }

  /** A token that is not taken may have run out: whoever can make a fresh one is asked for it, once. */
  private async answerTo(call: AdminCall, signal: AbortSignal): Promise<HttpAnswer> {
    const answer = await this.send(call, { isChallenge: false }, signal);
    const isRenewable = typeof this.options.auth?.token === 'function';
    return answer.status === 401 && isRenewable ? this.send(call, { isChallenge: true }, signal) : answer;
  }

  private async send(
    call: AdminCall,
    reason: { readonly isChallenge: boolean },
    signal: AbortSignal,
  ): Promise<HttpAnswer> {
    const { method, query } = call;
    const { auth, tls } = this.options;
    const { contentType, body } = bodyOf(call);
    const headers: Record<string, string> = contentType === undefined ? {} : { 'content-type': contentType };
    const token = typeof auth?.token === 'function' ? await auth.token(reason) : auth?.token;
    if (token !== undefined) headers.authorization = `Bearer ${token}`;
    const search = query ? `?${new URLSearchParams(query)}` : '';
    const url = new URL(`${this.baseUrl}${placeOf(call)}${search}`);
    return exchange({ method, url, headers, body, tls, signal });
  }
}

function placeOf({ api = 'v2', path }: AdminCall): string {
  return `/admin/${api}/${path}`;
}

function bodyOf({ body, form }: AdminCall): {
  readonly contentType?: string;
  readonly body: string | Buffer | undefined;
} {
  if (form) return multipartBody(form);
  return body === undefined ? { body } : { contentType: 'application/json', body: JSON.stringify(body) };
}

function parsed(text: string): unknown {
  if (text === '') return null;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Most refusals are `{"reason": …}`; the web server and a proxy before it answer with a page. */
function reasonIn(text: string): string {
  const answer = parsed(text);
  if (answer !== null && typeof answer === 'object' && 'reason' in answer) return String(answer.reason);
  const title = /<title>([^<]*)</i.exec(text)?.[1];
  return (title ?? text.slice(0, 200)).trim();
}

/** A certificate or a token that is refused now is refused again. */
function mayPass(cause: unknown): boolean {
  if (cause instanceof PulsarError) return cause.isTransient;
  return !(cause instanceof Error && isTlsFault(cause));
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message || (error as NodeJS.ErrnoException).code || error.name : String(error);
}
