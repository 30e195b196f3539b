import { PulsarError } from './pulsar-error.ts';

const defaultRefreshMs = 60_000;

export interface PartitionWatchOptions {
  readonly count: (signal: AbortSignal) => Promise<number>;
  /** Opens partitions `from` to `to - 1`; when it throws, they are tried again at the next look. */
  readonly open: (from: number, to: number, signal: AbortSignal) => Promise<void>;
  readonly onFault: (error: PulsarError) => void;
  readonly refreshMs: number | undefined;
}

/** Looks again and again whether a topic has more partitions than are open. A topic never gets fewer. */
export class PartitionWatch {
  private readonly options: PartitionWatchOptions;
  private readonly stopping = new AbortController();
  private readonly timer: NodeJS.Timeout | null;
  private opened: number;
  private looking: Promise<void> | null = null;

  constructor(opened: number, options: PartitionWatchOptions) {
    this.opened = opened;
    this.options = options;
    const refreshMs = options.refreshMs ?? defaultRefreshMs;
    this.timer = refreshMs > 0 ? setInterval(() => this.look(), refreshMs).unref() : null;
  }

  /** What was being opened is open, or given up, when it resolves. */
  async stop(): Promise<void> {
    if (this.timer) clearInterval(this.timer);
    this.stopping.abort(new PulsarError('Closed', 'closed while partitions were looked for'));
    await this.looking;
  }

  private look(): void {
    this.looking ??= this.openNew().finally(() => {
      this.looking = null;
    });
  }

  private async openNew(): Promise<void> {
    const { signal } = this.stopping;
    try {
      const count = await this.options.count(signal);
      if (count > this.opened) await this.options.open(this.opened, count, signal);
      this.opened = Math.max(this.opened, count);
    } catch (error) {
      const isPassing = error instanceof PulsarError && error.isTransient;
      if (signal.aborted || isPassing) return;
      this.options.onFault(error instanceof PulsarError ? error : new PulsarError('Protocol', String(error)));
    }
  }
}
