import { createHash } from 'node:crypto';
import { oneForm } from '../model/one-form.ts';
import type { Column } from '../model/table.ts';
import { withLength } from './encode-values.ts';

/** Clustering keys of one partition, of which there may be a million: some 70 bytes each, however long they are. Keys that are one row to Cassandra are one here. */
export class KeySet {
  readonly #columns: readonly Column[];
  readonly #digests = new Set<string>();

  constructor(clustering: readonly Column[]) {
    this.#columns = clustering;
  }

  add(clustering: readonly Buffer[]): void {
    this.#digests.add(this.#digestOf(clustering));
  }

  has(clustering: readonly Buffer[]): boolean {
    return this.#digests.has(this.#digestOf(clustering));
  }

  #digestOf(clustering: readonly Buffer[]): string {
    const hash = createHash('md5');
    const forms = clustering.map((value, index) => oneForm(value, this.#columns[index]!.type));
    for (const bytes of forms.flatMap(withLength)) hash.update(bytes);
    return hash.digest('base64');
  }
}
