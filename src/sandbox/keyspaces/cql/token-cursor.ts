import { CqlSyntaxError } from './cql-syntax-error.ts';
import { type CqlToken, cqlTokens } from './cql-tokens.ts';
import type { TableName } from './statement.ts';

/** A place in a statement's tokens, with the questions that a recursive descent asks. */
export class TokenCursor {
  readonly cql: string;
  readonly #tokens: readonly CqlToken[];
  #at = 0;
  #markers = 0;

  constructor(cql: string) {
    this.cql = cql;
    this.#tokens = cqlTokens(cql);
  }

  get next(): CqlToken {
    return this.#tokens[this.#at]!;
  }

  /** Where the last taken token ended. */
  get endOfLast(): number {
    return this.#at === 0 ? 0 : this.#tokens[this.#at - 1]!.end;
  }

  peek(ahead: number): CqlToken {
    return this.#tokens[Math.min(this.#at + ahead, this.#tokens.length - 1)]!;
  }

  take(): CqlToken {
    const token = this.next;
    if (token.kind !== 'end') this.#at += 1;
    return token;
  }

  /** The number of the next bind marker. */
  takeMarkerIndex(): number {
    return this.#markers++;
  }

  /** Whether these unquoted words come next; they are not taken. */
  seesWords(...words: readonly string[]): boolean {
    return words.every((word, ahead) => this.peek(ahead).kind === 'word' && this.peek(ahead).text === word);
  }

  takesWords(...words: readonly string[]): boolean {
    const sees = this.seesWords(...words);
    if (sees) this.#at += words.length;
    return sees;
  }

  expectWords(...words: readonly string[]): void {
    for (const word of words) if (!this.takesWords(word)) this.fail(word.toUpperCase());
  }

  seesSymbol(symbol: string): boolean {
    return this.next.kind === 'symbol' && this.next.text === symbol;
  }

  takesSymbol(symbol: string): boolean {
    const sees = this.seesSymbol(symbol);
    if (sees) this.#at += 1;
    return sees;
  }

  expectSymbol(symbol: string): void {
    if (!this.takesSymbol(symbol)) this.fail(`'${symbol}'`);
  }

  identifier(): string {
    if (this.next.kind !== 'word' && this.next.kind !== 'quoted') this.fail('a name');
    return this.take().text;
  }

  /** `table` or `keyspace.table`. */
  tableName(): TableName {
    const { start } = this.next;
    const first = this.identifier();
    const second = this.takesSymbol('.') ? this.identifier() : undefined;
    const end = this.endOfLast;
    return second === undefined
      ? { keyspace: undefined, name: first, start, end }
      : { keyspace: first, name: second, start, end };
  }

  /** One or more of what `read` reads, with commas between. */
  list<T>(read: () => T): readonly T[] {
    const all = [read()];
    while (this.takesSymbol(',')) all.push(read());
    return all;
  }

  fail(expected: string): never {
    const { kind, text, start } = this.next;
    throw new CqlSyntaxError(`expected ${expected}, found ${kind === 'end' ? 'the end' : `'${text}'`}`, start);
  }
}
