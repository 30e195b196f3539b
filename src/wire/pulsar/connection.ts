import type { Socket } from 'node:net';
import type { Command, OutgoingCommand } from './commands.ts';
import type { MessageCommand } from './consumer-commands.ts';
import type { EncodedEntry } from './encode-entry.ts';
import { FrameSplitter } from './frame.ts';
import { FrameWriter } from './frame-writer.ts';
import { answerOf, connectRequestId, PendingRequests } from './pending-requests.ts';
import { PulsarError } from './pulsar-error.ts';
import type { TokenSource } from './types.ts';

const requestTimeoutMs = 10_000;
const keepAliveMs = 15_000;
const protocolVersion = 21;
const clientVersion = 'cdcmig';
/** What a producer hears from its connection. */
export interface ProducerEnd {
  onReceipt(receipt: NonNullable<Command['sendReceipt']>): void;
  onSendError(error: NonNullable<Command['sendError']>): void;
  /** The broker let go of the producer, or the connection is lost. */
  onDetached(): void;
}

/** What a consumer hears from its connection. */
export interface ConsumerEnd {
  onMessage(command: MessageCommand, entry: Buffer): void;
  onActiveChange(isActive: boolean): void;
  onEndOfTopic(): void;
  onDetached(): void;
}

export interface ConnectionLogin {
  readonly token: TokenSource | null;
  /** TLS with a certificate of ours. */
  readonly hasCertificate: boolean;
  /** host:port of the broker that a proxy shall connect us to. */
  readonly proxyToBroker: string | null;
}

/** One TCP connection to a broker, shared by all producers and consumers whose topics it serves. */
export class Connection {
  readonly producers = new Map<number, ProducerEnd>();
  readonly consumers = new Map<number, ConsumerEnd>();
  private readonly socket: Socket;
  private readonly login: ConnectionLogin;
  private readonly frames = new FrameSplitter((command, entry) => this.onFrame(command, entry));
  private readonly requests = new PendingRequests();
  private readonly writer: FrameWriter;
  private readonly keepAlive: NodeJS.Timeout;
  private nextRequestId = 1;
  private hasHeardSinceLastCheck = true;
  private lostBecause: PulsarError | null = null;

  constructor(socket: Socket, login: ConnectionLogin) {
    this.socket = socket;
    this.login = login;
    this.writer = new FrameWriter(socket);
    socket.on('data', (bytes) => this.onBytes(bytes));
    socket.on('error', (cause) => this.lose(new PulsarError('Disconnected', cause.message, { cause })));
    socket.on('close', () => this.lose(new PulsarError('Disconnected', 'the broker closed the connection')));
    this.keepAlive = setInterval(() => this.checkAlive(), keepAliveMs).unref();
  }

  get isLost(): boolean {
    return this.lostBecause !== null;
  }

  get maxMessageBytes(): number {
    return this.frames.maxMessageBytes;
  }

  /** Says who we are; the first thing to do. */
  async connect(signal?: AbortSignal): Promise<void> {
    const authData = await this.authData(false);
    if (this.lostBecause) throw this.lostBecause;
    const answer = this.requests.add(connectRequestId, requestTimeoutMs, signal);
    this.send({
      connect: {
        clientVersion,
        protocolVersion,
        ...(authData ?? { authMethodName: 'none' }),
        proxyToBrokerUrl: this.login.proxyToBroker ?? undefined,
        featureFlags: {
          supportsAuthRefresh: true,
          supportsBrokerEntryMetadata: true,
          supportsPartialProducer: true,
          supportsPartitionedMetadataWithoutAutoCreation: true,
        },
      },
    });
    const { connected } = await answer;
    if (connected?.maxMessageSize) this.frames.maxMessageBytes = connected.maxMessageSize;
  }

  request(build: (requestId: number) => OutgoingCommand, signal?: AbortSignal): Promise<Command> {
    if (this.lostBecause) return Promise.reject(this.lostBecause);
    const id = this.nextRequestId++;
    const answer = this.requests.add(id, requestTimeoutMs, signal);
    if (!signal?.aborted) this.send(build(id));
    return answer;
  }

  /** A command that has no answer, or whose answer does not matter. */
  send(command: OutgoingCommand): void {
    this.writer.command(command);
  }

  /** For a command whose answer nobody waits for. */
  takeRequestId(): number {
    return this.nextRequestId++;
  }

  sendEntry(command: OutgoingCommand, entry: EncodedEntry): void {
    this.writer.entry(command, entry);
  }

  /** Waits while more than a few megabytes are on their way to the socket. */
  untilDrained(signal?: AbortSignal): Promise<void> {
    return this.writer.untilDrained(signal);
  }

  close(): Promise<void> {
    this.writer.flush();
    return new Promise((resolve) => {
      if (this.isLost) return resolve();
      this.socket.once('close', resolve);
      this.socket.end();
      setTimeout(() => this.socket.destroy(), 500).unref();
    });
  }

  private onBytes(bytes: Buffer): void {
    this.hasHeardSinceLastCheck = true;
    try {
      this.frames.push(bytes);
    } catch (error) {
      // After a frame that makes no sense the next one cannot be found.
      this.lose(error instanceof PulsarError ? error : new PulsarError('Protocol', String(error), { cause: error }));
    }
  }

  private onFrame(command: Command, entry: Buffer | null): void {
    if (command.message) this.consumers.get(command.message.consumerId)?.onMessage(command.message, entry ?? noEntry);
    else if (command.sendReceipt) this.producers.get(command.sendReceipt.producerId)?.onReceipt(command.sendReceipt);
    else if (command.ping) this.send({ pong: {} });
    else this.onRareCommand(command);
  }

  /** Commands we do not know are passed over: newer brokers may send some. */
  private onRareCommand(command: Command): void {
    const answer = answerOf(command);
    if (answer) {
      // ready = false: it waits for another producer to go, and the answer proper comes then.
      if (command.producerSuccess?.isReady === false) this.requests.waitOn(answer.requestId);
      else this.requests.settle(answer, command);
    } else if (command.sendError) this.producers.get(command.sendError.producerId)?.onSendError(command.sendError);
    else if (command.closeProducer) detach(this.producers, command.closeProducer.producerId);
    else if (command.closeConsumer) detach(this.consumers, command.closeConsumer.consumerId);
    else if (command.activeConsumerChange) {
      const { consumerId, isActive } = command.activeConsumerChange;
      this.consumers.get(consumerId)?.onActiveChange(isActive === true);
    } else if (command.reachedEndOfTopic) this.consumers.get(command.reachedEndOfTopic.consumerId)?.onEndOfTopic();
    else if (command.authChallenge) void this.answerChallenge();
  }

  private async answerChallenge(): Promise<void> {
    try {
      const response = await this.authData(true);
      this.send({ authResponse: { clientVersion, protocolVersion, response: response ?? { authMethodName: 'none' } } });
    } catch (cause) {
      // Come back with another connection: what is pending goes out again once there is a token.
      this.lose(new PulsarError('Disconnected', 'no fresh token for the broker', { cause }));
    }
  }

  private async authData(isChallenge: boolean): Promise<{ authMethodName: string; authData: Buffer } | null> {
    const { token, hasCertificate } = this.login;
    // The broker asks by name for the method that the certificate of the TLS handshake stands for.
    if (token === null) return hasCertificate ? { authMethodName: 'tls', authData: noEntry } : null;
    try {
      return { authMethodName: 'token', authData: Buffer.from(await token({ isChallenge })) };
    } catch (cause) {
      // Whether another try may help, only the source itself can say.
      throw cause instanceof PulsarError ? cause : new PulsarError('AuthenticationError', 'no token', { cause });
    }
  }

  /** Nothing heard for a whole period although we asked: the other end is gone without saying so. */
  private checkAlive(): void {
    if (this.hasHeardSinceLastCheck) {
      this.hasHeardSinceLastCheck = false;
      this.send({ ping: {} });
      return;
    }
    // If it was us who were busy, what the broker said lies in the socket: read it before judging.
    setImmediate(() => {
      if (!this.hasHeardSinceLastCheck)
        this.lose(new PulsarError('Disconnected', `nothing heard for ${keepAliveMs} ms`));
    });
  }

  private lose(error: PulsarError): void {
    if (this.lostBecause) return;
    this.lostBecause = error;
    clearInterval(this.keepAlive);
    this.socket.destroy();
    this.requests.failAll(error);
    for (const id of [...this.producers.keys()]) detach(this.producers, id);
    for (const id of [...this.consumers.keys()]) detach(this.consumers, id);
  }
}

const noEntry = Buffer.alloc(0);

function detach(ends: Map<number, { onDetached(): void }>, id: number): void {
  const end = ends.get(id);
  ends.delete(id);
  end?.onDetached();
}
