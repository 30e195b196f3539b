import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { BodyReader } from '../../../wire/cql/body-reader.ts';
import { FrameSplitter, FrameVersionError, opcodes, requestVersion, responseVersion } from '../../../wire/cql/frame.ts';
import { Outgoing } from '../../../wire/cql/outgoing.ts';
import { readPreamble } from '../../../wire/cql/response.ts';
import { authenticateAnswer, errorAnswer, supportedAnswer } from '../protocol/response-body.ts';
import { answerFrame } from './answer-frame.ts';
import type { Engine } from './engine.ts';
import type { Login } from './login.ts';
import { errorReply, type Reply } from './reply.ts';
import type { Session } from './session.ts';

export interface ClientParts {
  readonly engine: Engine;
  readonly session: Session;
  readonly login: Login;
  /** Something of ours went wrong while answering. */
  readonly onBug: (error: unknown) => void;
}

/** Speaks with one client until its socket ends. */
export function serveClient(socket: Socket, parts: ClientParts): void {
  const { engine } = parts;
  const outgoing = new Outgoing((bytes) => {
    if (!socket.destroyed) socket.write(bytes);
  }, responseVersion);
  const send = (streamId: number, { opcode, body, flags }: Reply) =>
    outgoing.add(streamId, opcode, body.length, (writer) => writer.raw(body), flags ?? 0);
  const answerTo = async (streamId: number, opcode: number, body: Buffer) => {
    try {
      const reply = await answerClient(parts, opcode, body, () => socket.destroy());
      if (reply) send(streamId, reply);
    } catch (error) {
      parts.onBug(error);
      send(streamId, errorAnswer(0x0000, `a fault of the stand-in: ${error}`));
    }
  };
  const splitter = new FrameSplitter((streamId, opcode, flags, bytes, start, end) => {
    const body = withoutPreamble(flags, bytes.subarray(start, end));
    void answerTo(streamId, opcode, body);
  }, requestVersion);
  socket.on('data', (chunk: Buffer) => {
    try {
      splitter.push(chunk);
    } catch (error) {
      refuseVersion(error, send);
      outgoing.flush();
      socket.end();
    }
  });
  socket.setNoDelay(true);
  // Read anew by each connection, not while it lasts.
  if (engine.rules.holds('faults')) socket.setTimeout(engine.faults.now.idleCloseMs, () => socket.destroy());
  socket.on('error', () => socket.destroy());
}

/** Null: no answer at all. Not async: here a promise more is one for each request. */
function answerClient(
  parts: ClientParts,
  opcode: number,
  body: Buffer,
  reset: () => void,
): Promise<Reply | null> | Reply {
  const { engine, session, login } = parts;
  if (!login.isDone) return shakeHands(parts, opcode, body);
  const { lostAnswers, resets, slow } = engine.faults.now;
  const hasFaults = lostAnswers + resets + slow > 0 && engine.rules.holds('faults');
  if (hasFaults && isStatement(opcode)) return answerWithFaults(parts, opcode, body, reset);
  return answerFrame(engine, session, opcode, body);
}

async function answerWithFaults(
  { engine, session }: ClientParts,
  opcode: number,
  body: Buffer,
  reset: () => void,
): Promise<Reply | null> {
  const { faults, coin } = engine;
  const { lostAnswers, resets, slow, slowMs } = faults.now;
  if (coin.falls(resets)) {
    // Half of them after the work is done: a client cannot tell which.
    if (coin.falls(0.5)) await answerFrame(engine, session, opcode, body);
    engine.meter.failed();
    reset();
    return null;
  }
  const reply = await answerFrame(engine, session, opcode, body);
  if (coin.falls(slow)) await sleep(slowMs);
  if (!coin.falls(lostAnswers)) return reply;
  engine.meter.failed();
  return null;
}

function isStatement(opcode: number): boolean {
  return opcode === opcodes.QUERY || opcode === opcodes.EXECUTE || opcode === opcodes.BATCH;
}

function shakeHands({ engine, login }: ClientParts, opcode: number, body: Buffer): Reply {
  if (opcode === opcodes.OPTIONS) return supportedAnswer();
  if (opcode === opcodes.STARTUP) return startUp(body);
  if (opcode !== opcodes.AUTH_RESPONSE) return errorAnswer(0x000a, 'log in first: STARTUP, then AUTH_RESPONSE');
  try {
    return login.answer(new BodyReader(body).bytesOrNull());
  } catch (error) {
    return errorReply(engine, error, 'read');
  }
}

function startUp(body: Buffer): Reply {
  const reader = new BodyReader(body);
  for (let left = reader.short(); left > 0; left--) {
    const name = reader.string();
    const value = reader.string();
    if (name.toUpperCase() === 'COMPRESSION') return errorAnswer(0x000a, `Unknown compression algorithm: ${value}`);
  }
  return authenticateAnswer();
}

/** Custom payloads may stand before a request, as before a response. */
function withoutPreamble(flags: number, body: Buffer): Buffer {
  const payloadFlag = 0x04;
  if (!(flags & payloadFlag)) return body;
  const reader = new BodyReader(body);
  readPreamble(reader, payloadFlag);
  return body.subarray(reader.position);
}

/** Drivers step down when they are told what there is. */
function refuseVersion(error: unknown, send: (streamId: number, reply: Reply) => void): void {
  const isVersion = error instanceof FrameVersionError;
  const found = isVersion ? `protocol version (${error.version})` : 'frame';
  const message = `Invalid or unsupported ${found}; the lowest supported version is 4 and the greatest is 4`;
  send(isVersion ? error.streamId : 0, errorAnswer(0x000a, message));
}
