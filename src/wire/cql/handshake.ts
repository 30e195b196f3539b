import type { BodyReader } from './body-reader.ts';
import type { Authenticator } from './credentials.ts';
import { CqlConnectionError } from './errors.ts';
import { opcodes } from './frame.ts';
import type { RequestChannel } from './request-channel.ts';
import { authResponseRequest, bareRequest, type Request, startupRequest } from './requests.ts';

const startupOptions = { CQL_VERSION: '3.0.0', DRIVER_NAME: 'cdcmig' };

/** Brings a fresh connection to where it takes statements: OPTIONS, STARTUP, and what authentication asks for. */
export async function shakeHands(
  channel: RequestChannel,
  authenticator: Authenticator | undefined,
  signal: AbortSignal,
): Promise<void> {
  await step(channel, bareRequest(opcodes.OPTIONS), signal);
  let reply = await step(channel, startupRequest(startupOptions), signal);
  if (reply.opcode === opcodes.READY) return;
  if (!authenticator) throw refusal(`the server asks for credentials (${reply.text}), and none are set`);
  while (reply.opcode !== opcodes.AUTH_SUCCESS) {
    const token = await authenticator(reply.challenge);
    reply = await step(channel, authResponseRequest(token), signal);
  }
}

interface Reply {
  readonly opcode: number;
  /** null unless the server sent one. */
  readonly challenge: Buffer | null;
  /** The server's authenticator class. */
  readonly text: string;
}

function step(channel: RequestChannel, request: Request, signal: AbortSignal): Promise<Reply> {
  return channel.ask(request, readReply, signal);
}

function readReply(reader: BodyReader, _warnings: readonly string[], opcode: number): Reply {
  const challenge = opcode === opcodes.AUTH_CHALLENGE ? reader.bytesOrNull() : null;
  const text = opcode === opcodes.AUTHENTICATE ? reader.string() : '';
  if (!expectedReplies.has(opcode)) throw new Error(`opcode ${opcode} during the handshake`);
  return { opcode, challenge, text };
}

const expectedReplies: ReadonlySet<number> = new Set([
  opcodes.SUPPORTED,
  opcodes.READY,
  opcodes.AUTHENTICATE,
  opcodes.AUTH_CHALLENGE,
  opcodes.AUTH_SUCCESS,
]);

function refusal(message: string): CqlConnectionError {
  return new CqlConnectionError('refused', false, message);
}
