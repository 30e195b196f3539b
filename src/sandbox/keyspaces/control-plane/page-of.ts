import { KeyspacesError } from '../state/keyspaces-error.ts';

export interface Page<T> {
  readonly items: readonly T[];
  /** Undefined after the last. */
  readonly nextToken: string | undefined;
}

export interface PageRequest {
  readonly maxResults?: number | undefined;
  readonly nextToken?: string | undefined;
}

const defaultPageSize = 1000;

/**
 * Items after the token's, in the order of their names. A token names the last item given, so that what was created or
 * deleted meanwhile neither repeats nor hides others; it holds for one list only.
 */
export function pageOf<T>(
  items: readonly T[],
  nameOf: (item: T) => string,
  list: string,
  request: PageRequest,
): Page<T> {
  const after = request.nextToken === undefined ? undefined : nameIn(request.nextToken, list);
  const sorted = [...items].sort((one, other) => (nameOf(one) < nameOf(other) ? -1 : 1));
  const rest = after === undefined ? sorted : sorted.filter((item) => nameOf(item) > after);
  const page = rest.slice(0, request.maxResults ?? defaultPageSize);
  const nextToken = page.length < rest.length ? tokenOf(list, nameOf(page.at(-1)!)) : undefined;
  return { items: page, nextToken };
}

function tokenOf(list: string, name: string): string {
  return Buffer.from(JSON.stringify([list, name])).toString('base64url');
}

function nameIn(token: string, list: string): string {
  try {
    const [ofList, name] = JSON.parse(Buffer.from(token, 'base64url').toString());
    if (ofList === list && typeof name === 'string') return name;
  } catch {
    // Not one of ours: falls to the refusal.
  }
  throw new KeyspacesError('ValidationException', 'The nextToken is not valid for this list.', {
    members: { errorCode: 'InvalidFormat' },
  });
}
