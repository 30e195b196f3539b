import { consistencyCodes } from '../../../wire/cql/consistency.ts';
import { opcodes } from '../../../wire/cql/frame.ts';
import { checkConsistency } from '../checks/check-consistency.ts';
import { checkSelect, checkSubQueries } from '../checks/check-select.ts';
import type { Select, Term } from '../cql/statement.ts';
import type { Parameters } from '../protocol/request-body.ts';
import { joinRows, type RowsParts } from '../protocol/rows-body.ts';
import { readUnits } from '../statements/encoded-size.ts';
import { rawValues, type SubQueries, subQueriesOf } from '../statements/sub-queries.ts';
import type { TableFacts } from '../statements/table-facts.ts';
import { type BoundValues, termNumber } from '../statements/term-value.ts';
import { admit } from './admit.ts';
import type { Engine } from './engine.ts';
import { keyToken } from './key-token.ts';
import { decodePagingState, encodePagingState, type PagingState } from './paging-state.ts';
import { bytesLeft, type Page, readPage } from './read-page.ts';
import { type Reply, throttledReply } from './reply.ts';
import type { Session } from './session.ts';
import { boundValues, passedOn, queryOf, type StatementRequest } from './statement-request.ts';
import type { FoundTable } from './table-lookup.ts';

/** A page ends after so many sub-queries of an IN. */
const subQueriesPerPage = 10;
const defaultPageSize = 5_000;
/** Of the pages that end early, those without a row. */
const emptyShare = 0.3;

/** One page of a SELECT from a user's table. Throws RuleRefusal. */
export async function runSelect(engine: Engine, session: Session, request: StatementRequest): Promise<Reply> {
  const { parameters, known } = request;
  checkConsistency(engine.rules, parameters.consistency, false);
  const select = known.statement as Select;
  const found = engine.tables.find(select.table.keyspace, select.table.name);
  checkSelect(engine.rules, select, found.facts);
  const bound = boundValues(request);
  const state = decodePagingState(parameters.pagingState);
  const subQueries = subQueriesOf(select, known.cql, bound);
  if (subQueries) checkSubQueries(engine.rules, subQueries.count);
  const token = keyToken(found.facts, partitionTerms(select, found.facts), bound);
  const queries = subQueries ? Math.min(subQueriesPerPage, Math.max(1, subQueries.count - state.subQuery)) : 1;
  const isQuorum = parameters.consistency === consistencyCodes.LOCAL_QUORUM;
  // The least that a page costs is taken now, the rest when it has been read.
  const least = readUnits(0, isQuorum);
  if (admit(engine, session, found, { side: 'read', units: least, token, queries })) return throttledReply('read');
  const reading: Reading = { engine, request, select, bound, state, isScan: token === undefined && !subQueries };
  const page = subQueries ? await readSubQueries(reading, subQueries) : await readScan(reading);
  const cost = page.kind === 'rows' ? readUnits(page.rows.rows.length, isQuorum) : least;
  charge(engine, found, { least, cost }, token);
  return page.reply;
}

interface Reading {
  readonly engine: Engine;
  readonly request: StatementRequest;
  readonly select: Select;
  readonly bound: BoundValues;
  readonly state: PagingState;
  /** Over many partitions: that is where short and empty pages come from. */
  readonly isScan: boolean;
}

function charge(
  { meter, rules, capacities, state }: Engine,
  { record }: FoundTable,
  { least, cost }: { readonly least: number; readonly cost: number },
  token: bigint | undefined,
): void {
  meter.read(record, cost);
  if (rules.holds('throttling')) capacities(record.arn).owe('read', cost - least, token, state.nowMs());
}

function partitionTerms(select: Select, table: TableFacts): readonly (Term | undefined)[] {
  return table.partitionKey.map(({ name }) => {
    const equal = select.where.find(
      ({ columns, operator, isToken }) => columns[0] === name && operator === '=' && !isToken,
    );
    return equal?.terms[0];
  });
}

async function readScan({ engine, request, state, select, isScan }: Reading): Promise<Page> {
  const { parameters } = request;
  const wanted = parameters.pageSize ?? defaultPageSize;
  const pageSize = shortened(engine, wanted, isScan || select.allowFiltering);
  const page = await readPage(engine, Math.max(1, pageSize), bytesLeft(0), (size) =>
    passedOn(request, withPage(parameters, size, state.backing)),
  );
  if (page.kind === 'other') return page;
  // An empty page: what was read is read again with the next one.
  const isEmpty = pageSize === 0 && (page.rows.pagingState !== null || page.rows.rowCount > 0);
  const rows = isEmpty ? emptied(page.rows) : page.rows;
  const backing = isEmpty ? state.backing : page.rows.pagingState;
  return rebuilt(page, rows, isEmpty || backing ? { ...state, backing } : undefined);
}

/** How many rows to give of those that were asked for; 0 for an empty page. */
function shortened({ rules, coin, faults }: Engine, wanted: number, mayBeShort: boolean): number {
  if (!mayBeShort || !rules.holds('short-pages') || !coin.falls(faults.now.shortPages)) return wanted;
  return coin.falls(emptyShare) ? 0 : coin.below(Math.min(wanted, 100));
}

function emptied(rows: RowsParts): RowsParts {
  return { ...rows, rowCount: 0, rows: Buffer.alloc(0) };
}

async function readSubQueries(reading: Reading, subQueries: SubQueries): Promise<Page> {
  const { engine, request, select, bound, state } = reading;
  const { parameters } = request;
  const limit = Number(termNumber(select.limit, bound) ?? Number.MAX_SAFE_INTEGER);
  const most = Math.min(parameters.pageSize ?? defaultPageSize, limit - state.rowsSoFar);
  const last = Math.min(subQueries.count, state.subQuery + subQueriesPerPage);
  let at = state;
  let page: Page | undefined;
  let joined: RowsParts | undefined;
  while (at.subQuery < last || !joined) {
    const rowsLeft = most - (joined?.rowCount ?? 0);
    page = await readPage(engine, rowsLeft, bytesLeft(joined?.rows.length ?? 0), asker(reading, subQueries, at));
    if (page.kind === 'other') return page;
    joined = joined ? appended(joined, page.rows, rowsLeft) : page.rows;
    const { pagingState } = page.rows;
    at = pagingState ? { ...at, backing: pagingState } : { ...at, subQuery: at.subQuery + 1, backing: null };
    if (joined.rowCount >= most || joined.rows.length >= bytesLeft(0)) break;
  }
  const rowsSoFar = state.rowsSoFar + joined!.rowCount;
  const isDone = at.subQuery >= subQueries.count || rowsSoFar >= limit;
  return rebuilt(page as Extract<Page, { kind: 'rows' }>, joined!, isDone ? undefined : { ...at, rowsSoFar });
}

function asker({ request }: Reading, subQueries: SubQueries, { subQuery, backing }: PagingState) {
  const { parameters } = request;
  // With no member at all there is nothing to ask; the statement itself then answers no rows.
  if (subQueries.count === 0) return (size: number) => passedOn(request, withPage(parameters, size, null));
  const { cql, values } = subQueries.at(subQuery);
  const own = { ...parameters, rawValues: rawValues(values), hasNames: false, skipsMetadata: false };
  return (size: number) => queryOf(cql, withPage(own, size, backing));
}

function appended(first: RowsParts, next: RowsParts, most: number): RowsParts {
  const count = Math.min(next.rowCount, most);
  return { ...first, rowCount: first.rowCount + count, rows: Buffer.concat([first.rows, next.rows]) };
}

function withPage(parameters: Parameters, pageSize: number, pagingState: Buffer | null): Parameters {
  return { ...parameters, pageSize, pagingState: pagingState ?? undefined };
}

function rebuilt(page: Extract<Page, { kind: 'rows' }>, rows: RowsParts, next: PagingState | undefined): Page {
  const whole = { ...rows, pagingState: next ? encodePagingState(next) : null };
  const reply = { opcode: opcodes.RESULT, flags: page.reply.flags ?? 0, body: joinRows(whole) };
  return { kind: 'rows', reply, rows: whole };
}
