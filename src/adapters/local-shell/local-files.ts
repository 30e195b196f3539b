import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { OperatorError } from '../../errors.ts';

export async function makeFolder(path: string): Promise<void> {
  await onDisk(`the folder ${path}`, () => mkdir(path, { recursive: true }));
}

/** Through a file beside it, so that a reader or a crash meets the old file or the new one, never a half. */
export async function replaceFile(path: string, content: string, signal?: AbortSignal): Promise<void> {
  const beside = `${path}.${randomUUID()}.new`;
  await onDisk(`to write ${path}`, async () => {
    try {
      await writeFile(beside, content, { flush: true, ...(signal && { signal }) });
      await rename(beside, path);
    } catch (error) {
      await rm(beside, { force: true });
      throw error;
    }
  });
}

/** Undefined when there is no such file. */
export async function readWholeFile(path: string, signal?: AbortSignal): Promise<string | undefined> {
  return onDisk(`to read ${path}`, async () => {
    try {
      return await readFile(path, { encoding: 'utf8', signal });
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined;
      throw error;
    }
  });
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
