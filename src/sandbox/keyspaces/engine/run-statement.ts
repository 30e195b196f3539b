import { createHash } from 'node:crypto';
import { BodyReader } from '../../../wire/cql/body-reader.ts';
import { sizeOfText } from '../../../wire/cql/buffer-writer.ts';
import { opcodes } from '../../../wire/cql/frame.ts';
import { readPreamble } from '../../../wire/cql/response.ts';
import { checkConsistency } from '../checks/check-consistency.ts';
import { checkMutation } from '../checks/check-mutation.ts';
import { checkSelect } from '../checks/check-select.ts';
import type { Select } from '../cql/statement.ts';
import { runDefinition } from '../definitions/run-definition.ts';
import { unknownKeyspace } from '../definitions/run-keyspace-definition.ts';
import { setKeyspaceAnswer } from '../protocol/response-body.ts';
import { RuleRefusal, textOf } from '../rule-book.ts';
import { isMutation, type KnownStatement } from '../statements/known-statement.ts';
import { planMutation } from '../statements/plan-mutation.ts';
import { prepareSystem, selectSystem } from '../system/select-system.ts';
import type { SystemTable } from '../system/system-table.ts';
import { textBatch } from './batch-requests.ts';
import type { Engine } from './engine.ts';
import type { Reply } from './reply.ts';
import { runBatch } from './run-batch.ts';
import { runMutation } from './run-mutation.ts';
import { runSelect } from './run-select.ts';
import type { Session } from './session.ts';
import { boundValues, queryOf, type StatementRequest } from './statement-request.ts';
import { throwUnlessAllowed } from './throw-unless-allowed.ts';

/** Answers a QUERY or EXECUTE. Throws what `errorReply` knows how to say, at once or later. */
export function runStatement(engine: Engine, session: Session, request: StatementRequest): Promise<Reply> | Reply {
  const { statement } = request.known;
  const { consistency } = request.parameters;
  switch (statement.kind) {
    case 'select':
      return select(engine, session, request, statement);
    case 'insert':
    case 'update':
    case 'delete':
      throwUnlessAllowed(session, 'Modify');
      return runMutation(engine, session, request);
    case 'batch':
      throwUnlessAllowed(session, 'Modify');
      return runBatch(engine, session, textBatch(request, statement));
    case 'use':
      return use(engine, session, statement.keyspace, consistency);
    case 'unsupported':
      engine.rules.refuse('unsupported-statement', [statement.javaClass]);
      // Cassandra may do what Keyspaces does not, if that is what is wanted; the account does not hear of it.
      return engine.backend.ask(queryOf(request.known.cql, request.parameters));
    default:
      return runDefinition(engine, session, statement, consistency);
  }
}

function select(
  engine: Engine,
  session: Session,
  request: StatementRequest,
  statement: Select,
): Promise<Reply> | Reply {
  throwUnlessAllowed(session, 'Select');
  const system = systemTableOf(engine, session, statement);
  if (!system) return runSelect(engine, session, request);
  checkConsistency(engine.rules, request.parameters.consistency, false);
  return selectSystem(system, statement, boundValues(request));
}

/** Undefined for a table of a user; throws RuleRefusal for a system table that Keyspaces does not have. */
function systemTableOf(
  { systemTable }: Engine,
  { address, keyspace: used }: Session,
  { table }: Select,
): SystemTable | undefined {
  const keyspace = table.keyspace ?? used ?? '';
  if (!/^system(_|$)/.test(keyspace)) return undefined;
  const found = systemTable(address, keyspace, table.name);
  if (!found) throw new RuleRefusal('system-tables', 0x2200, `unconfigured table ${table.name}`);
  return found;
}

function use({ state, rules }: Engine, session: Session, keyspace: string, consistency: number): Reply {
  checkConsistency(rules, consistency, false);
  const isKnown = state.keyspace(keyspace)?.status === 'ACTIVE' || state.keyspace(keyspace)?.status === 'UPDATING';
  if (!isKnown && !/^system(_|$)/.test(keyspace)) throw unknownKeyspace(keyspace);
  session.keyspace = keyspace;
  return setKeyspaceAnswer(keyspace);
}

/** Answers a PREPARE: all that can be told without values is told here. */
export async function prepareStatement(engine: Engine, session: Session, cql: string): Promise<Reply> {
  const known = engine.statements.read(cql, session.keyspace);
  const { statement } = known;
  if (statement.kind === 'select') {
    const system = systemTableOf(engine, session, statement);
    if (system) return prepareSystemTable(engine, known, system, statement);
  }
  if (statement.kind !== 'select' && !isMutation(statement)) {
    throw new RuleRefusal('prepared-definitions', 0x2200, textOf('prepared-definitions', [nameIn(known)]));
  }
  if (known.unqualified.length > 0) engine.rules.refuse('unqualified-tables', known.unqualified);
  const { facts } = engine.tables.find(statement.table.keyspace, statement.table.name);
  if (statement.kind === 'select') checkSelect(engine.rules, statement, facts);
  else checkMutation(engine.rules, planMutation(statement, facts));
  return prepareBehind(engine, known);
}

function nameIn({ statement }: KnownStatement): string {
  return 'table' in statement ? statement.table.name : statement.kind;
}

function prepareSystemTable({ prepared }: Engine, known: KnownStatement, table: SystemTable, statement: Select): Reply {
  const id = createHash('md5').update(`system\0${known.cql}`).digest();
  prepared.add(id, known, true);
  return prepareSystem(id, table, statement);
}

async function prepareBehind({ backend, prepared }: Engine, known: KnownStatement): Promise<Reply> {
  const response = await backend.ask({
    opcode: opcodes.PREPARE,
    bodySize: 4 + sizeOfText(known.cql),
    writeBody: (writer) => writer.longString(known.cql),
  });
  if (response.opcode === opcodes.RESULT) {
    const reader = new BodyReader(response.body);
    readPreamble(reader, response.flags);
    reader.int();
    prepared.add(reader.shortBytes(), known, false);
  }
  return response;
}
