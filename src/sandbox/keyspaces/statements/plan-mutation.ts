import type { Mutation, Relation, Term, Using } from '../cql/statement.ts';
import type { ColumnFacts, TableFacts } from './table-facts.ts';

interface WrittenColumn {
  readonly column: ColumnFacts;
  readonly term: Term;
}

/** What a mutation does to a table, with the terms of its values where they stand. */
export interface MutationPlan {
  readonly statement: Mutation;
  readonly table: TableFacts;
  /** In the order of the key; undefined where the statement does not say (INSERT JSON) or says more than one. */
  readonly partitionKey: readonly (Term | undefined)[];
  readonly clustering: readonly (Term | undefined)[];
  /** Columns outside of the key that get a value. */
  readonly written: readonly WrittenColumn[];
  readonly using: Using;
  readonly isConditional: boolean;
  /** A delete of whatever rows a part of the key names, the whole partition included. */
  readonly isRangeDelete: boolean;
}

export function planMutation(statement: Mutation, table: TableFacts): MutationPlan {
  const termOf = statement.kind === 'insert' ? insertedTerms(statement) : restrictedTerms(statement.where);
  const clustering = table.clustering.map((column) => termOf.get(column.name));
  return {
    statement,
    table,
    partitionKey: table.partitionKey.map((column) => termOf.get(column.name)),
    clustering,
    written: writtenColumns(statement, table),
    using: statement.using,
    isConditional: statement.isConditional,
    isRangeDelete:
      statement.kind === 'delete' && statement.columns.length === 0 && clustering.some((term) => term === undefined),
  };
}

type TermsByColumn = ReadonlyMap<string, Term>;

function insertedTerms({ columns, values }: Extract<Mutation, { kind: 'insert' }>): TermsByColumn {
  return new Map(columns.flatMap((column, index) => (values[index] ? [[column, values[index]] as const] : [])));
}

/** Columns that are given one value, also as a tuple or an IN of one member. */
function restrictedTerms(where: readonly Relation[]): TermsByColumn {
  return new Map(where.flatMap(restrictedBy));
}

function restrictedBy({ columns, isToken, isTuple, operator, terms }: Relation): readonly (readonly [string, Term])[] {
  const [term] = terms;
  const isOne = operator === '=' || (operator === 'in' && terms.length === 1);
  if (isToken || !isOne || !term) return [];
  if (!isTuple) return operator === '=' || term.kind !== 'marker' ? [[columns[0]!, term]] : [];
  if (operator !== '=' || term.kind !== 'compound') return [];
  return columns.map((column, index) => [column, term.parts[index]!] as const);
}

function writtenColumns(statement: Mutation, table: TableFacts): readonly WrittenColumn[] {
  const pairs = statement.kind === 'insert' ? [...insertedTerms(statement)] : assignedTerms(statement);
  return pairs.flatMap(([name, term]) => {
    const column = table.columns.get(name);
    return column && (column.kind === 'regular' || column.kind === 'static') ? [{ column, term }] : [];
  });
}

function assignedTerms(statement: Exclude<Mutation, { kind: 'insert' }>): readonly (readonly [string, Term])[] {
  return statement.kind === 'update' ? statement.assignments.map(({ column, term }) => [column, term]) : [];
}
