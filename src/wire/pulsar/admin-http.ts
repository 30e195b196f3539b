import type { PulsarAuth } from './types.ts';

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
    this.isTransient = status === 0 || status === 429 || status >= 500 || isCollision;
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
  /** Behind `/admin/v2/`, already encoded. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>> | undefined;
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
}

/** Calls the admin service; returns the parsed JSON answer, text when it is not JSON, null for an empty one. */
export class AdminHttp {
  private readonly baseUrl: string;
  private readonly auth: PulsarAuth | undefined;

  constructor(adminUrl: string, auth: PulsarAuth | undefined) {
    this.baseUrl = adminUrl.replace(/\/+$/, '');
    this.auth = auth;
  }

  async call({ method, path, query, body, signal }: AdminCall): Promise<unknown> {
    const search = query ? `?${new URLSearchParams(query)}` : '';
    const request = `${method} /admin/v2/${path}`;
    const headers = await this.headers(body !== undefined);
    const timeout = AbortSignal.timeout(requestTimeoutMs);
    try {
      const response = await fetch(`${this.baseUrl}/admin/v2/${path}${search}`, {
        method,
        headers,
        signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      if (!response.ok) throw new PulsarAdminError(request, response.status, reasonIn(text));
      return parsed(text);
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof PulsarAdminError) throw error;
      throw new PulsarAdminError(request, 0, causeText(error), { cause: error });
    }
  }

  private async headers(hasBody: boolean): Promise<Record<string, string>> {
    const headers: Record<string, string> = hasBody ? { 'content-type': 'application/json' } : {};
    const token = this.auth?.token;
    if (token !== undefined)
      headers.authorization = `Bearer ${typeof token === 'function' ? await token({ isChallenge: false }) : token}`;
    return headers;
  }
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

/** fetch says only "fetch failed"; what failed is in its cause. */
function causeText(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = (cause as NodeJS.ErrnoException).code;
  return cause instanceof Error ? cause.message || code || cause.name : String(cause);
}
