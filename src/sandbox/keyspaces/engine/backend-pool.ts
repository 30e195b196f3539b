import type { SocketAddress } from '../../../wire/cql/open-socket.ts';
import { BackendLink, type BackendRequest, type BackendResponse } from '../protocol/backend-link.ts';

/** The backing Cassandra went away before it answered: what was asked may have happened. */
export class BackendLostError extends Error {
  override readonly name = 'BackendLostError';
}

const reconnectMs = 500;

/** A few connections to the backing Cassandra, opened again when they break. */
export class BackendPool {
  readonly #address: SocketAddress;
  readonly #links: BackendLink[] = [];
  readonly #closing = new AbortController();

  static async open(address: SocketAddress, count: number, signal: AbortSignal): Promise<BackendPool> {
    const pool = new BackendPool(address);
    try {
      for (let index = 0; index < count; index++) await pool.#connect(signal);
    } catch (error) {
      pool.close();
      throw error;
    }
    return pool;
  }

  private constructor(address: SocketAddress) {
    this.#address = address;
  }

  /** Rejects with BackendLostError if no answer came. */
  ask(request: BackendRequest): Promise<BackendResponse> {
    return new Promise((resolve, reject) => {
      const lost = () => reject(new BackendLostError('the backing Cassandra does not answer'));
      const link = this.#leastBusy();
      if (!link) return lost();
      link.send(request, (response) => (response ? resolve(response) : lost()));
    });
  }

  close(): void {
    this.#closing.abort();
    for (const link of this.#links.splice(0)) link.close();
  }

  #leastBusy(): BackendLink | undefined {
    let least: BackendLink | undefined;
    for (const link of this.#links) if (!least || link.inFlight < least.inFlight) least = link;
    return least;
  }

  async #connect(signal: AbortSignal): Promise<void> {
    const link: BackendLink = await BackendLink.open(this.#address, () => this.#replace(link), signal);
    if (this.#closing.signal.aborted) link.close();
    else this.#links.push(link);
  }

  #replace(link: BackendLink): void {
    const index = this.#links.indexOf(link);
    if (index < 0) return;
    this.#links.splice(index, 1);
    this.#retry();
  }

  #retry(): void {
    const { signal } = this.#closing;
    setTimeout(() => {
      if (!signal.aborted) this.#connect(signal).catch(() => this.#retry());
    }, reconnectMs).unref();
  }
}
