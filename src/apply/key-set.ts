import { createHash } from 'node:crypto';
import { withLength } from './encode-values.ts';

/** Clustering keys of one partition, of which there may be a million: some 70 bytes each, however long they are. */
export class KeySet {
  readonly #digests = new Set<string>();

  add(clustering: readonly Buffer[]): void {
    this.#digests.add(digestOf(clustering));
  }

  has(clustering: readonly Buffer[]): boolean {
    return this.#digests.has(digestOf(clustering));
  }
}

function digestOf(clustering: readonly Buffer[]): string {
  const hash = createHash('md5');
  for (const bytes of clustering.flatMap(withLength)) hash.update(bytes);
  return hash.digest('base64');
}
