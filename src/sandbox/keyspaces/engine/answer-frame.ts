import { BodyReader } from '../../../wire/cql/body-reader.ts';
import { opcodes } from '../../../wire/cql/frame.ts';
import { readBatch, readParameters } from '../protocol/request-body.ts';
import { emptyAnswer, errorAnswer, supportedAnswer, unpreparedAnswer } from '../protocol/response-body.ts';
import { frameBatch, UnpreparedError } from './batch-requests.ts';
import type { Engine } from './engine.ts';
import { errorReply, failureReply, type Reply } from './reply.ts';
import { runBatch } from './run-batch.ts';
import { prepareStatement, runStatement } from './run-statement.ts';
import type { Session } from './session.ts';
import { throwUnlessAllowed } from './throw-unless-allowed.ts';

/** Answers one request of a client that has logged in. */
export async function answerFrame(engine: Engine, session: Session, opcode: number, body: Buffer): Promise<Reply> {
  try {
    const fault = faultReply(engine, opcode, body);
    if (fault) return fault;
    const reply = await answer(engine, session, opcode, new BodyReader(body));
    if (reply.isThrottled) return reply;
    if (reply.opcode === opcodes.ERROR) engine.meter.refused('cassandra');
    else engine.meter.succeeded();
    return reply;
  } catch (error) {
    if (error instanceof UnpreparedError) return unpreparedAnswer(error.id);
    return errorReply(engine, error, sideOf(engine, opcode, body));
  }
}

function answer(engine: Engine, session: Session, opcode: number, reader: BodyReader): Promise<Reply> | Reply {
  switch (opcode) {
    case opcodes.OPTIONS:
      return supportedAnswer();
    // Keyspaces sends no events, or none that are known of; drivers insist on registering.
    case opcodes.REGISTER:
      return emptyAnswer(opcodes.READY);
    case opcodes.PREPARE:
      return prepareStatement(engine, session, reader.slice(reader.int()).toString());
    case opcodes.QUERY:
      return query(engine, session, reader);
    case opcodes.EXECUTE:
      return execute(engine, session, reader);
    case opcodes.BATCH:
      throwUnlessAllowed(session, 'Modify');
      return runBatch(engine, session, frameBatch(engine, session, readBatch(reader), reader.end));
    default:
      return errorAnswer(0x000a, `unexpected opcode ${opcode}`);
  }
}

function query(engine: Engine, session: Session, reader: BodyReader): Promise<Reply> | Reply {
  const cql = reader.slice(reader.int()).toString();
  const known = engine.statements.read(cql, session.keyspace);
  return runStatement(engine, session, { known, prepared: undefined, parameters: readParameters(reader) });
}

function execute(engine: Engine, session: Session, reader: BodyReader): Promise<Reply> | Reply {
  const id = reader.shortBytes();
  const prepared = engine.prepared.find(id);
  if (!prepared) throw new UnpreparedError(id);
  return runStatement(engine, session, { known: prepared.known, prepared, parameters: readParameters(reader) });
}

/** What a time-out or failure of this request would be called. */
function sideOf({ prepared }: Engine, opcode: number, body: Buffer): 'read' | 'write' {
  if (opcode === opcodes.BATCH) return 'write';
  if (opcode === opcodes.EXECUTE) {
    const known = prepared.find(new BodyReader(body).shortBytes())?.known;
    return known?.statement.kind === 'select' ? 'read' : 'write';
  }
  return opcode === opcodes.QUERY && !/^\s*select/i.test(body.toString('latin1', 4, 40)) ? 'write' : 'read';
}

/** A refusal that was switched on (rule 30). Handshake and preparing are left alone. */
function faultReply(engine: Engine, opcode: number, body: Buffer): Reply | undefined {
  const { faults, coin, meter, rules } = engine;
  const isStatement = opcode === opcodes.QUERY || opcode === opcodes.EXECUTE || opcode === opcodes.BATCH;
  if (!isStatement || !rules.holds('faults')) return undefined;
  const { failures, serverErrors } = faults.now;
  const isFailure = coin.falls(failures);
  if (!isFailure && !coin.falls(serverErrors)) return undefined;
  meter.failed();
  return isFailure ? failureReply(sideOf(engine, opcode, body)) : errorAnswer(0x0000, 'Internal server error');
}
