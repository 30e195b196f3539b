import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const cassandraLines = ['4.0', '4.1', '5.0'] as const;
export type CassandraLine = (typeof cassandraLines)[number];
/** The newest is what every sandbox runs; the others are there for the client's tests. */
export const pulsarLines = ['2.10', '3.0', '4.0'] as const;
export type PulsarLine = (typeof pulsarLines)[number];

export const productNames = { cassandra: 'Cassandra', pulsar: 'Pulsar', bookkeeper: 'BookKeeper' } as const;

/** One published server: the pom that names its Maven coordinates, and the release that pom asks for. */
export interface SandboxRelease {
  readonly product: keyof typeof productNames;
  readonly release: string;
  readonly pom: string;
}

export function cassandraRelease(line: CassandraLine): SandboxRelease {
  return releaseOf('cassandra', `cassandra-${line}.xml`);
}

export function pulsarRelease(line: PulsarLine = '4.0'): SandboxRelease {
  return releaseOf('pulsar', `pulsar-${line}.xml`);
}

/**
 * What Pulsar shall find before its own BookKeeper; null where that will do. The 4.17.2 that comes with Pulsar 4.0.8 may, after a
 * kill -9, take its bookie's registration back and renew it some 300 times a second, for seconds or for good: meanwhile hardly a topic
 * can be loaded. 4.17.3 does not; the distribution of Pulsar 4.0.9, which has it, is not on Maven Central.
 */
export function bookkeeperRelease(line: PulsarLine = '4.0'): SandboxRelease | null {
  return line === '4.0' ? releaseOf('bookkeeper', 'bookkeeper-4.17.xml') : null;
}

/** The absolute path of a file in `templates/sandbox`. */
export function sandboxTemplate(file: string): string {
  return fileURLToPath(new URL(`../../templates/sandbox/${file}`, import.meta.url));
}

function releaseOf(product: SandboxRelease['product'], file: string): SandboxRelease {
  const pom = sandboxTemplate(file);
  // The version stands once, in the pom, where the usual update robots look for it.
  const release = /<release>([^<]+)<\/release>/.exec(readFileSync(pom, 'utf8'))?.[1];
  if (!release) throw new Error(`${pom} names no <release>`);
  return { product, release, pom };
}
