import { BodyReader } from '../../../wire/cql/body-reader.ts';
import type { BufferWriter } from '../../../wire/cql/buffer-writer.ts';
import { FrameSplitter, opcodes } from '../../../wire/cql/frame.ts';
import { openSocket, type SocketAddress } from '../../../wire/cql/open-socket.ts';
import { Outgoing } from '../../../wire/cql/outgoing.ts';
import { startupRequest } from '../../../wire/cql/requests.ts';
import { StreamIds } from '../../../wire/cql/stream-ids.ts';

/** A response of the backing Cassandra. `body` is a view that is good until the callback returns. */
export interface BackendResponse {
  readonly opcode: number;
  readonly flags: number;
  readonly body: Buffer;
}

export interface BackendRequest {
  readonly opcode: number;
  readonly bodySize: number;
  readonly writeBody: (writer: BufferWriter) => void;
}

/** Called once: with the response, or with null when the link broke before it came. */
export type OnBackendResponse = (response: BackendResponse | null) => void;

/** One connection to the backing Cassandra that carries the requests of many clients. */
export class BackendLink {
  readonly #outgoing: Outgoing;
  readonly #streamIds = new StreamIds();
  readonly #waiting: (OnBackendResponse | undefined)[] = [];
  readonly #close: () => void;
  inFlight = 0;
  isOpen = true;

  /** `onClosed` is called when the link ends, whoever ended it. */
  static async open(address: SocketAddress, onClosed: () => void, signal: AbortSignal): Promise<BackendLink> {
    const socket = await openSocket(address, undefined, signal);
    const link = new BackendLink(
      (bytes) => socket.write(bytes),
      () => socket.destroy(),
    );
    const splitter = new FrameSplitter((streamId, opcode, flags, bytes, start, end) => {
      link.#answer(streamId, { opcode, flags, body: bytes.subarray(start, end) });
    });
    socket.on('data', (chunk: Buffer) => splitter.push(chunk));
    // What went wrong does not matter to those who wait: their requests may have happened.
    socket.on('error', () => {});
    socket.on('close', () => {
      link.#fail();
      onClosed();
    });
    await link.#startUp();
    return link;
  }

  private constructor(write: (bytes: Buffer) => void, close: () => void) {
    this.#outgoing = new Outgoing(write);
    this.#close = close;
  }

  send(request: BackendRequest, onResponse: OnBackendResponse): void {
    const streamId = this.isOpen ? this.#streamIds.take() : undefined;
    if (streamId === undefined) {
      onResponse(null);
      return;
    }
    this.#waiting[streamId] = onResponse;
    this.inFlight += 1;
    this.#outgoing.add(streamId, request.opcode, request.bodySize, request.writeBody);
  }

  close(): void {
    this.#close();
  }

  #answer(streamId: number, response: BackendResponse): void {
    const onResponse = this.#waiting[streamId];
    // Without one: an event of the server, which nobody registered for.
    if (!onResponse) return;
    this.#waiting[streamId] = undefined;
    this.#streamIds.giveBack(streamId);
    this.inFlight -= 1;
    onResponse(response);
  }

  #fail(): void {
    this.isOpen = false;
    const waiting = this.#waiting.splice(0);
    this.inFlight = 0;
    for (const onResponse of waiting) onResponse?.(null);
  }

  #startUp(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.send(startupRequest({ CQL_VERSION: '3.0.0' }), (response) => {
        if (response?.opcode === opcodes.READY) resolve();
        else reject(new Error(`the backing Cassandra did not let us in: ${whyNot(response)}`));
      });
    });
  }
}

function whyNot(response: BackendResponse | null): string {
  if (!response) return 'the connection broke';
  if (response.opcode === opcodes.AUTHENTICATE) return 'it asks for credentials, which a backing Cassandra must not';
  const reader = new BodyReader(response.body);
  return response.opcode === opcodes.ERROR ? `error ${reader.int()}, ${reader.string()}` : `opcode ${response.opcode}`;
}
