import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { OperatorError, type Sentence, throwIfAny } from '../errors.ts';
import type { NodeShell, Upload } from '../ports/node-shell.ts';
import { namesIn } from './names-in.ts';

/** Where the originals of files that we change on a node are kept, until they are put back. */
export interface KeptFiles {
  /** With the right to change those files. */
  readonly shell: NodeShell;
  /** On the node; of its own. */
  readonly folder: string;
}

/** What was done to one file: written before it is done, so that whatever happens next can be undone. */
interface KeptRecord {
  readonly path: string;
  /** SHA-256 of what was there; null: no file. */
  readonly original: string | null;
  /** SHA-256 of what we put there. */
  readonly written: string;
  /** SHA-256 of what we had put there before, which is there still if we were interrupted. */
  readonly before?: string;
}

/** Gives a file another text, after its original was kept. May be repeated, also with another text. */
export async function changeFile(kept: KeptFiles, path: string, text: string, signal?: AbortSignal): Promise<void> {
  await keepOriginal(kept, path, sha256(text), signal);
  await kept.shell.writeFile(path, text, signal);
}

/** Brings a file to where another one, or none, was. */
export async function placeFile(
  kept: KeptFiles,
  file: Upload,
  signal?: AbortSignal,
): Promise<'uploaded' | 'was there'> {
  await keepOriginal(kept, file.to, file.sha256, signal);
  return kept.shell.upload(file, signal);
}

/** The text of a file to be changed; undefined where there is none. OperatorError for one that would not come back as it is. */
export async function readText({ shell }: KeptFiles, path: string, signal?: AbortSignal): Promise<string | undefined> {
  const text = await shell.readFile(path, signal);
  if (text === undefined || (await shell.digestOf(path, signal)) === sha256(text)) return text;
  const next = 'change it yourself, or mend its encoding';
  throw new OperatorError({ expected: `UTF-8 in ${path} on ${shell.name}`, found: 'other bytes', next });
}

export interface RestoredFile {
  readonly path: string;
  /** Whether what is there now had been changed by us. */
  readonly wasChanged: boolean;
}

/**
 * Every file that was changed is, byte for byte, what it was; one that we put there is gone. Each is read again. One that somebody
 * else has changed since is left alone and told, after all others were put back. May be repeated.
 */
export async function restoreFiles(kept: KeptFiles, signal?: AbortSignal): Promise<readonly RestoredFile[]> {
  const restored: RestoredFile[] = [];
  const faults: Sentence[] = [];
  for (const [name, record] of await recordsIn(kept, signal)) {
    const found = (await kept.shell.digestOf(record.path, signal)) ?? null;
    if (!isKnown(found, record)) {
      faults.push(changedSince(kept, name, record));
      continue;
    }
    await putBack(kept, name, record, signal);
    restored.push({ path: record.path, wasChanged: found !== record.original });
  }
  throwIfAny(faults);
  return restored;
}

/** Whether anything is other than it was because of us. */
export async function hasChanges(kept: KeptFiles, signal?: AbortSignal): Promise<boolean> {
  for (const [, { path, original }] of await recordsIn(kept, signal))
    if (((await kept.shell.digestOf(path, signal)) ?? null) !== original) return true;
  return false;
}

async function keepOriginal(kept: KeptFiles, path: string, written: string, signal?: AbortSignal): Promise<void> {
  const { shell, folder } = kept;
  const name = sha256(path).slice(0, 16);
  const found = (await shell.digestOf(path, signal)) ?? null;
  const earlier = await readRecord(kept, name, signal);
  if (earlier && !isKnown(found, earlier)) throw new OperatorError(changedSince(kept, name, earlier));
  await shell.makeFolder(folder, signal);
  if (!earlier && found !== null) await copyOriginal(kept, path, { name, found }, signal);
  const original = earlier ? earlier.original : found;
  const before = earlier && found !== null && found !== original ? { before: found } : {};
  const record: KeptRecord = { path, original, written, ...before };
  await shell.writeFile(join(folder, `${name}.json`), `${JSON.stringify(record)}\n`, signal);
}

async function copyOriginal(
  { shell, folder }: KeptFiles,
  path: string,
  { name, found }: { readonly name: string; readonly found: string },
  signal?: AbortSignal,
): Promise<void> {
  const copy = join(folder, `${name}.original`);
  await shell.copyFile(path, copy, signal);
  if ((await shell.digestOf(copy, signal)) === found) return;
  throw new OperatorError({
    expected: `${path} on ${shell.name} to stay as it is while it is copied`,
    found: 'another content',
    next: 'see who else writes it, and repeat the command',
  });
}

/** Nobody but us has written it. */
function isKnown(found: string | null, { original, written, before }: KeptRecord): boolean {
  return found === original || found === written || (found !== null && found === before);
}

/** The original goes only after the file was seen to be like it. */
async function putBack(kept: KeptFiles, name: string, record: KeptRecord, signal?: AbortSignal): Promise<void> {
  const { shell, folder } = kept;
  const { path, original } = record;
  if (original === null) await shell.removeFile(path, signal);
  else if ((await shell.digestOf(path, signal)) !== original) await copyBack(kept, name, { path, original }, signal);
  if (((await shell.digestOf(path, signal)) ?? null) !== original)
    throw new OperatorError(notRestored(kept, name, record));
  await shell.removeFile(join(folder, `${name}.original`), signal);
  await shell.removeFile(join(folder, `${name}.json`), signal);
}

/** Looked at before: a damaged original would take the place of a file that works. */
async function copyBack(
  { shell, folder }: KeptFiles,
  name: string,
  { path, original }: { readonly path: string; readonly original: string },
  signal?: AbortSignal,
): Promise<void> {
  const copy = join(folder, `${name}.original`);
  const found = await shell.digestOf(copy, signal);
  if (found === original) return shell.copyFile(copy, path, signal);
  throw new OperatorError({
    expected: `${copy} on ${shell.name} to be what was kept of ${path}`,
    found: found === undefined ? 'no such file' : 'other bytes',
    next: `put ${path} back from a copy of yours, and repeat the command`,
  });
}

async function recordsIn(kept: KeptFiles, signal?: AbortSignal): Promise<readonly (readonly [string, KeptRecord])[]> {
  const names = (await namesIn(kept.shell, kept.folder, signal)).filter((file) => file.endsWith('.json'));
  const records = names.map(async (file) => {
    const name = file.slice(0, -'.json'.length);
    return [name, await readRecord(kept, name, signal)] as const;
  });
  return (await Promise.all(records)).filter((entry): entry is readonly [string, KeptRecord] => entry[1] !== undefined);
}

async function readRecord(kept: KeptFiles, name: string, signal?: AbortSignal): Promise<KeptRecord | undefined> {
  const text = await kept.shell.readFile(join(kept.folder, `${name}.json`), signal);
  return text === undefined ? undefined : (JSON.parse(text) as KeptRecord);
}

function changedSince({ shell, folder }: KeptFiles, name: string, { path, original }: KeptRecord): Sentence {
  return {
    expected: `${path} on ${shell.name} as cdcmig left it`,
    found: 'somebody has changed it since',
    next: `bring ${original === null ? 'it out of the way' : `it back to ${join(folder, `${name}.original`)}`} with that change kept elsewhere, then repeat the command`,
  };
}

function notRestored({ shell, folder }: KeptFiles, name: string, { path }: KeptRecord): Sentence {
  return {
    expected: `${path} on ${shell.name} to be what it was`,
    found: 'other bytes',
    next: `see who else writes it; its original is ${join(folder, `${name}.original`)}`,
  };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
