import { hour, minute, second } from './instants.ts';
import { type Migration, readReplica } from './migration.ts';
import { snapshotWrite } from './row-writes.ts';
import type { Life, Ownership } from './scheduler.ts';
import { keyText } from './simulated-table.ts';

/** Copies one split, the rows of one partition; acknowledged when all of it is written. */
export function* copySplit(migration: Migration, partitionKey: Buffer, owner: Ownership): Life {
  while (!(yield* isCopied(migration, partitionKey)));
  if (owner.isOwner) migration.snapshotDoneAt.set(keyText([partitionKey]), migration.scheduler.now);
}

/** False when the split's floor would leave the window before its last write: then it is read again. */
function* isCopied(migration: Migration, partitionKey: Buffer): Generator<bigint, boolean, void> {
  const { rule, random, scheduler, target } = migration;
  // The floor is of the split's start: what is read later than that is no older.
  const readAt = scheduler.now;
  yield random.micros(second, 10n * minute);
  const replica = readReplica(migration);
  const statics = { key: { partitionKey }, image: replica.readStatic(partitionKey, scheduler.now) };
  const rows = replica
    .readRows(partitionKey, scheduler.now)
    .map((image) => ({ key: { partitionKey, clustering: image.clustering }, image }));
  for (const { key, image } of [...rows, statics]) {
    yield random.chance(0.9) ? random.micros(second, minute) : random.micros(minute, hour);
    const stamp = rule.snapshotStamp(readAt, scheduler.now);
    if (rule.isSpent(stamp, scheduler.now)) return false;
    target.write(snapshotWrite(key, image, stamp), scheduler.now);
  }
  return true;
}
