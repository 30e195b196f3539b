import { OperatorError } from '../../errors.ts';
import { keyspacesRules, type RuleId } from './rules.ts';

/** Which rules hold in one stand-in. */
export interface RuleChoice {
  /** Lenient lets pass what is refused on little evidence. */
  readonly mode: 'strict' | 'lenient';
  readonly off: readonly string[];
  /** Optional rules that are wanted. */
  readonly on: readonly string[];
}

/** A statement that Keyspaces refuses: the rule, and the error as the client gets it. */
export class RuleRefusal extends Error {
  override readonly name = 'RuleRefusal';
  readonly rule: RuleId;
  readonly code: number;

  constructor(rule: RuleId, code: number, message: string) {
    super(message);
    this.rule = rule;
    this.code = code;
  }
}

const invalid = 0x2200;

/** The rules that hold, and how they refuse. Throws an OperatorError on names that no rule has. */
export class RuleBook {
  readonly isStrict: boolean;
  readonly #holding: ReadonlySet<RuleId>;
  readonly #refusals = new Map<RuleId, number>();

  constructor({ mode, off, on }: RuleChoice) {
    throwOnUnknown([...off, ...on]);
    throwOnFixed(off);
    this.isStrict = mode === 'strict';
    const holds = keyspacesRules.filter((rule) => {
      if (rule.isOptional) return on.includes(rule.id);
      return !off.includes(rule.id) && (mode === 'strict' || !rule.isStrictOnly || on.includes(rule.id));
    });
    this.#holding = new Set(holds.map((rule) => rule.id));
  }

  holds(id: RuleId): boolean {
    return this.#holding.has(id);
  }

  /** Refuses if the rule holds; `parts` take the places of `{}` in its text. */
  refuse(id: RuleId, parts: readonly (string | number | bigint)[] = [], code = invalid): void {
    if (!this.#holding.has(id)) return;
    throw new RuleRefusal(id, code, textOf(id, parts));
  }

  /** Counts a refusal that a client was told. */
  count(id: RuleId): void {
    this.#refusals.set(id, (this.#refusals.get(id) ?? 0) + 1);
  }

  /** How often each rule refused so far. */
  get refusals(): ReadonlyMap<RuleId, number> {
    return this.#refusals;
  }
}

/** A rule's message with its places filled. */
export function textOf(id: RuleId, parts: readonly (string | number | bigint)[]): string {
  const rule = keyspacesRules.find((candidate) => candidate.id === id)!;
  return parts.reduce<string>((text, part) => text.replace('{}', () => String(part)), rule.text ?? '');
}

function throwOnUnknown(names: readonly string[]): void {
  const known = keyspacesRules.map((rule) => rule.id as string);
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length === 0) return;
  throw new OperatorError({
    expected: 'names of rules',
    found: unknown.join(', '),
    next: `use some of: ${known.join(', ')}`,
  });
}

function throwOnFixed(off: readonly string[]): void {
  const fixed = keyspacesRules.filter(({ id, isFixed }) => isFixed && off.includes(id)).map(({ id }) => id);
  if (fixed.length === 0) return;
  throw new OperatorError({
    expected: 'rules that can be switched off',
    found: fixed.join(', '),
    next: 'leave these on: the stand-in has no other way',
  });
}
