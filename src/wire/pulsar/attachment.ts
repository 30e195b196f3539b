import { abortable } from './abortable.ts';
import { waitBeforeAttempt } from './backoff.ts';
import type { Connection } from './connection.ts';
import { PulsarError } from './pulsar-error.ts';
import { Pulse } from './pulse.ts';
import { type Repeating, repeatedly } from './repeatedly.ts';

const withoutEnd = { attempts: Number.POSITIVE_INFINITY };

export interface AttachmentHooks {
  readonly lookup: (signal: AbortSignal) => Promise<Connection>;
  /** Registers with the broker behind this connection; leaves nothing registered when it throws. */
  readonly attach: (connection: Connection, signal: AbortSignal) => Promise<void>;
  readonly onConnection: (isConnected: boolean) => void;
  /** Called once, with an error that trying again does not mend. */
  readonly onFault: (error: PulsarError) => void;
}

/** Keeps one producer or consumer attached to its topic's broker, through lost connections and moved topics. */
export class Attachment {
  private readonly hooks: AttachmentHooks;
  private readonly ending = new AbortController();
  private readonly changed = new Pulse();
  private current: Connection | null = null;
  private isAttaching = false;
  private wasLostWhileAttaching = false;
  private endedBy: PulsarError | null = null;

  constructor(hooks: AttachmentHooks) {
    this.hooks = hooks;
  }

  get connection(): Connection | null {
    return this.current;
  }

  /** The first attachment: a few attempts, then the error is the caller's. */
  async start(signal?: AbortSignal, { isPatient = false } = {}): Promise<void> {
    // Whoever opens a second consumer on an exclusive subscription or a range that is taken wants to know at once. After an
    // attempt of ours it may be that one which is in our way: its answer was lost, and the broker has not let it go yet.
    const isTaken = (error: PulsarError) => error.code === 'ConsumerBusy' || error.code === 'ConsumerAssignError';
    const isLasting = (error: PulsarError, attempt: number) => !error.isTransient || (isTaken(error) && attempt === 1);
    await this.attachRepeatedly({ isLasting, signal, ...(isPatient && withoutEnd) });
  }

  /** Waits for the connection; rejects once the attachment has ended. */
  async attached(signal?: AbortSignal): Promise<Connection> {
    for (;;) {
      if (this.endedBy) throw this.endedBy;
      if (this.current) return this.current;
      await this.changed.wait(signal);
    }
  }

  /** The broker let go of us or the connection is lost: attach again in the background. */
  lost(): void {
    if (this.isAttaching) {
      this.wasLostWhileAttaching = true;
      return;
    }
    if (this.current === null || this.endedBy) return;
    this.setCurrent(null);
    void this.attachForever();
  }

  /** Lets go of the connection without taking up a new one, whatever happens to it; `resume` does that. */
  pause(): void {
    this.setCurrent(null);
  }

  async resume(signal?: AbortSignal): Promise<void> {
    try {
      await this.attachRepeatedly({ signal });
    } catch (error) {
      if (!this.endedBy) void this.attachForever();
      throw error;
    }
  }

  end(error: PulsarError): void {
    if (this.endedBy) return;
    this.endedBy = error;
    this.ending.abort(error);
    this.current = null;
    this.changed.fire();
  }

  private async attachForever(): Promise<void> {
    try {
      // Not at once: a broker that lets go of us again and again must not be asked in a tight loop.
      await waitBeforeAttempt(0, this.ending.signal);
      await this.attachRepeatedly(withoutEnd);
    } catch (error) {
      if (this.endedBy) return;
      const fault = error instanceof PulsarError ? error : new PulsarError('Protocol', String(error), { cause: error });
      this.hooks.onFault(fault);
    }
  }

  private async attachRepeatedly({ signal, ...repeating }: Repeating): Promise<void> {
    const either = signal ? AbortSignal.any([signal, this.ending.signal]) : this.ending.signal;
    this.isAttaching = true;
    try {
      await repeatedly(() => this.attachOnce(either), { ...repeating, signal: either });
    } finally {
      this.isAttaching = false;
    }
  }

  private async attachOnce(signal: AbortSignal): Promise<void> {
    this.wasLostWhileAttaching = false;
    const connection = await abortable(this.hooks.lookup(signal), signal);
    await this.hooks.attach(connection, signal);
    if (this.wasLostWhileAttaching) throw new PulsarError('Disconnected', 'lost while attaching');
    this.setCurrent(connection);
  }

  private setCurrent(connection: Connection | null): void {
    const before = this.current;
    this.current = connection;
    if ((before === null) !== (connection === null)) this.hooks.onConnection(connection !== null);
    this.changed.fire();
  }
}
