import type { EventMessage } from './model/change-event.ts';

/** The documented exit codes; see docs/exit-codes.md. */
export const exitCodes = {
  done: 0,
  operator: 1,
  usage: 2,
  differences: 3,
  ambiguous: 4,
  books: 5,
  hole: 6,
  bug: 70,
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

export interface Sentence {
  /** What cdcmig needs to be true. */
  readonly expected: string;
  /** What it saw instead. */
  readonly found: string;
  /** What the operator can do about it. */
  readonly next: string;
}

/** Something the operator can mend. Several faults found together travel together. */
export class OperatorError extends Error {
  override readonly name = 'OperatorError';
  readonly faults: readonly Sentence[];
  readonly exitCode: ExitCode;

  constructor(faults: Sentence | readonly Sentence[], options: { cause?: unknown; exitCode?: ExitCode } = {}) {
    const list: readonly Sentence[] = Array.isArray(faults) ? faults : [faults as Sentence];
    super(list.map(sentenceText).join('\n'), options.cause === undefined ? undefined : { cause: options.cause });
    this.faults = list;
    this.exitCode = options.exitCode ?? exitCodes.operator;
  }
}

/** A message that no broker takes as they are set now, with the message: so nobody keeps each until it is stored only to know which it was. */
export class MessageTooBigError extends OperatorError {
  readonly refused: EventMessage;

  constructor(refused: EventMessage, fault: Sentence, options?: { cause?: unknown }) {
    super(fault, options);
    this.refused = refused;
  }
}

/** Throws all of them at once, as one error; nothing where there are none. */
export function throwIfAny(faults: readonly Sentence[]): void {
  if (faults.length > 0) throw new OperatorError(faults);
}

/** It may have happened and we cannot tell. Nobody retries it; the operator is told what to look at. */
export class AmbiguousOutcomeError extends Error {
  override readonly name = 'AmbiguousOutcomeError';
  readonly lookAt: string;

  constructor(message: string, lookAt: string, options?: ErrorOptions) {
    super(message, options);
    this.lookAt = lookAt;
  }
}

/** Rows that were read are neither written nor superseded nor dead-lettered: some were lost on the way, by our fault. */
export class BooksError extends Error {
  override readonly name = 'BooksError';
}

function sentenceText(fault: Sentence): string {
  return `expected ${fault.expected}; found ${fault.found}. Next: ${fault.next}`;
}

/** The exit code of whatever ended the process; an error of no known kind is our bug. */
export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof OperatorError) return error.exitCode;
  if (error instanceof AmbiguousOutcomeError) return exitCodes.ambiguous;
  if (error instanceof BooksError) return exitCodes.books;
  if (error instanceof Error && error.name === 'AbortError') return exitCodes.interrupted;
  return exitCodes.bug;
}
