import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chmod, chown, copyFile, mkdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { OperatorError } from '../../errors.ts';
import type { Upload } from '../../ports/node-shell.ts';

export async function makeFolder(path: string): Promise<void> {
  await onDisk(`the folder ${path}`, () => mkdir(path, { recursive: true }));
}

export async function replaceFile(path: string, content: string, signal?: AbortSignal): Promise<void> {
  await onDisk(`to write ${path}`, async () => {
    const before = await statOrNothing(path);
    await throughFileBeside(path, async (beside) => {
      await writeFile(beside, content, { flush: true, ...(signal && { signal }) });
      if (before) await likeOriginal(beside, before);
    });
  });
}

export async function uploadFile(file: Upload, signal?: AbortSignal): Promise<'uploaded' | 'was there'> {
  const { from, sha256, to, mode } = file;
  return onDisk(`to bring ${from} to ${to}`, async () => {
    const isThere = (await digestOf(to, signal)) === sha256;
    if (isThere) await chmod(to, Number.parseInt(mode, 8));
    else
      await throughFileBeside(to, async (beside) => {
        await copyFile(from, beside);
        if ((await digestOf(beside, signal)) !== sha256) throw otherDigest(file);
        await chmod(beside, Number.parseInt(mode, 8));
      });
    return isThere ? 'was there' : 'uploaded';
  });
}

export async function copyWholeFile(from: string, to: string): Promise<void> {
  await onDisk(`to copy ${from} to ${to}`, async () => {
    const original = await stat(from);
    await throughFileBeside(to, async (beside) => {
      await copyFile(from, beside);
      await likeOriginal(beside, original);
      await utimes(beside, original.atime, original.mtime);
    });
  });
}

/** Undefined when there is no such file. */
export async function digestOf(path: string, signal?: AbortSignal): Promise<string | undefined> {
  return onDisk(`to read ${path}`, () =>
    orNothing(async () => {
      const hash = createHash('sha256');
      await pipeline(createReadStream(path), hash, { ...(signal && { signal }) });
      return hash.digest('hex');
    }),
  );
}

/** Undefined when there is no such file. */
export async function readWholeFile(path: string, signal?: AbortSignal): Promise<string | undefined> {
  return onDisk(`to read ${path}`, () => orNothing(() => readFile(path, { encoding: 'utf8', signal })));
}

export async function removeFile(path: string): Promise<void> {
  await onDisk(`to remove ${path}`, () => rm(path, { force: true }));
}

/** Told where a file to be brought is not the one that was meant. */
export function otherDigest({ from, sha256 }: Upload): OperatorError {
  const next = 'repeat the command; if it says so again, something changes that file';
  return new OperatorError({ expected: `${from} with SHA-256 ${sha256}`, found: 'another content', next });
}

/** A reader or a crash meets the old file or the new one, never a half. */
async function throughFileBeside(path: string, fill: (beside: string) => Promise<void>): Promise<void> {
  const beside = `${path}.${randomUUID()}.new`;
  try {
    await fill(beside);
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}

interface Ownership {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

async function likeOriginal(path: string, { mode, uid, gid }: Ownership): Promise<void> {
  await chown(path, uid, gid);
  // After chown, which clears some bits.
  await chmod(path, mode & 0o7777);
}

async function statOrNothing(path: string): Promise<Ownership | undefined> {
  return orNothing(() => stat(path));
}

async function orNothing<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

async function onDisk<T>(expected: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (codeOf(error) === undefined || codeOf(error) === 'ABORT_ERR') throw error;
    const next = 'look at the path, its owner and the space on its disk';
    throw new OperatorError({ expected, found: (error as Error).message, next }, { cause: error });
  }
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}
