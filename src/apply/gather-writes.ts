import type { TargetStatement } from '../ports/target-keyspace.ts';
import { packValues } from './encode-values.ts';
import { bytesOfPartitions, cellBytes, partitionsOfRequest } from './request-bounds.ts';
import type { TargetWriter } from './target-writer.ts';

/** A write that somebody waits for. */
interface Waiting {
  readonly statement: TargetStatement;
  readonly signal: AbortSignal | undefined;
  /** As a Cassandra weighs what a batch has of it. */
  readonly weight: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * A writer whose `write`s of one text go in one request where they are asked for at the same time, as those of a batch of changes are. It
 * waits for none: what has been asked for when the event loop turns is sent. In whichever request a write goes, and behind which
 * other, the same cells remain, since each carries its timestamp; and what is not confirmed of a request goes by itself again, so
 * that one write's refusal is its own. A value that expires goes by itself, with what is left of its life when it is sent.
 */
export function gatherWrites(writer: TargetWriter): TargetWriter {
  let waiting = new Map<string, Waiting[]>();

  function write(statement: TargetStatement, signal?: AbortSignal): Promise<void> {
    const weight = weightOf(statement);
    if (statement.ttl || weight > bytesOfPartitions) return writer.write(statement, signal);
    return new Promise((resolve, reject) => {
      if (waiting.size === 0) setImmediate(sendAll);
      const ofText = waiting.get(statement.cql);
      const one = { statement, signal, weight, resolve, reject };
      if (ofText) ofText.push(one);
      else waiting.set(statement.cql, [one]);
    });
  }

  function sendAll(): void {
    const gathered = waiting;
    waiting = new Map();
    for (const [cql, ofText] of gathered)
      for (const together of requestsOf(ofText, Math.min(partitionsOfRequest, writer.rowsTogether(cql))))
        void send(together);
  }

  async function send(together: readonly Waiting[]): Promise<void> {
    try {
      if (together.length > 1 && (await writeTogether(together))) for (const { resolve } of together) resolve();
      else for (const one of together) writer.write(one.statement, one.signal).then(one.resolve, one.reject);
    } catch (error) {
      for (const { reject } of together) reject(error);
    }
  }

  function writeTogether(together: readonly Waiting[]): Promise<boolean> {
    const { statement, signal } = together[0]!;
    const rows = together.map((one) => packValues(one.statement.values));
    const { cql, values } = statement;
    return writer.writeTogether({ cql, valueCount: values.length, rows, using: Buffer.alloc(0) }, signal);
  }

  return {
    limits: writer.limits,
    get confirmed() {
      return writer.confirmed;
    },
    write,
    writeOnce: (statement, signal) => writer.writeOnce(statement, signal),
    writeRow: (row, signal) => writer.writeRow(row, signal),
    writeTogether: (writes, signal) => writer.writeTogether(writes, signal),
    rowsTogether: (cql) => writer.rowsTogether(cql),
  };
}

/** In the order in which they came; who waits under another signal goes in another request. */
function requestsOf(ofText: readonly Waiting[], mostRows: number): readonly (readonly Waiting[])[] {
  const requests: Waiting[][] = [];
  let weight = 0;
  for (const one of ofText) {
    const last = requests.at(-1);
    weight += one.weight;
    if (last && last.length < mostRows && weight <= bytesOfPartitions && last[0]!.signal === one.signal) {
      last.push(one);
    } else {
      requests.push([one]);
      weight = one.weight;
    }
  }
  return requests;
}

function weightOf({ values }: TargetStatement): number {
  return values.reduce((sum, value) => sum + cellBytes + (Buffer.isBuffer(value) ? value.length : 0), 0);
}
