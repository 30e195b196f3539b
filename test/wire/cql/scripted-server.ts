import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import { opcodes } from '../../../src/wire/cql/frame.ts';
import { responseFrame } from './frame-bytes.ts';

export interface ScriptedRequest {
  readonly opcode: number;
  readonly streamId: number;
  readonly body: Buffer;
  readonly socket: Socket;
  reply(opcode: number, body: Buffer): void;
}

export interface ScriptedServer extends AsyncDisposable {
  readonly port: number;
  /** All requests after the handshakes, in the order of arrival. */
  readonly requests: ScriptedRequest[];
  readonly sockets: ReadonlySet<Socket>;
  /** Hangs up on everybody and refuses new connections until `comeBack`. */
  goAway(): Promise<void>;
  comeBack(): Promise<void>;
}

export interface ScriptedServerOptions {
  readonly tls?: TlsOptions;
  /** Answers what comes before READY or AUTH_SUCCESS; lets everybody in if absent. */
  readonly onHandshake?: (request: ScriptedRequest) => void;
}

/** Real frames over real TCP, with answers that a real server cannot be made to give. Handshakes are taken care of. */
export async function startScriptedServer(
  onRequest: (request: ScriptedRequest) => void,
  options: ScriptedServerOptions = {},
): Promise<ScriptedServer> {
  const sockets = new Set<Socket>();
  const requests: ScriptedRequest[] = [];
  const listen = async (port: number) => {
    const onSocket = (socket: Socket) => {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
      socket.on('error', () => {});
      serve(socket, requests, onRequest, options.onHandshake ?? letIn);
    };
    const server = options.tls ? createTlsServer(options.tls, onSocket) : createServer(onSocket);
    await once(server.listen(port, '127.0.0.1'), 'listening');
    return server;
  };
  let server = await listen(0);
  const { port } = server.address() as AddressInfo;
  const goAway = async () => {
    if (!server.listening) return;
    for (const socket of sockets) socket.destroy();
    await once(server.close(), 'close');
  };
  const comeBack = async () => {
    server = await listen(port);
  };
  return { port, requests, sockets, goAway, comeBack, [Symbol.asyncDispose]: goAway };
}

function letIn(request: ScriptedRequest): void {
  if (request.opcode === opcodes.STARTUP) request.reply(opcodes.READY, Buffer.alloc(0));
  else request.reply(opcodes.SUPPORTED, Buffer.from([0, 0]));
}

function serve(
  socket: Socket,
  requests: ScriptedRequest[],
  onRequest: (request: ScriptedRequest) => void,
  onHandshake: (request: ScriptedRequest) => void,
): void {
  let isReady = false;
  let pending = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    pending = Buffer.concat([pending, chunk]);
    while (pending.length >= 9 && pending.length >= 9 + pending.readUInt32BE(5)) {
      const end = 9 + pending.readUInt32BE(5);
      const request = requestOf(pending.subarray(0, end), socket, (opcode) => {
        isReady ||= opcode === opcodes.READY || opcode === opcodes.AUTH_SUCCESS;
      });
      pending = pending.subarray(end);
      if (isReady) {
        requests.push(request);
        onRequest(request);
      } else {
        onHandshake(request);
      }
    }
  });
}

function requestOf(frame: Buffer, socket: Socket, onReply: (opcode: number) => void): ScriptedRequest {
  const streamId = frame.readInt16BE(2);
  return {
    opcode: frame[4]!,
    streamId,
    body: frame.subarray(9),
    socket,
    reply: (opcode, body) => {
      onReply(opcode);
      socket.write(responseFrame(streamId, opcode, body));
    },
  };
}
