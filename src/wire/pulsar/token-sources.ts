import { readFile } from 'node:fs/promises';
import { PulsarError } from './pulsar-error.ts';
import type { TokenSource } from './types.ts';

/** Reads the file again at each connection and when the broker wants a fresh token: whoever rotates it replaces the file. */
export function tokenFromFile(path: string): TokenSource {
  return async () => {
    const text = await readFile(path, 'utf8').catch((cause: Error) => {
      throw noToken(`no token in ${path}`, cause);
    });
    return notEmpty(text, `the file ${path}`);
  };
}

export function tokenFromEnvironment(variable: string, environment: NodeJS.ProcessEnv = process.env): TokenSource {
  return () => notEmpty(environment[variable] ?? '', `the environment's ${variable}`);
}

function notEmpty(text: string, where: string): string {
  const token = text.trim();
  if (token === '') throw noToken(`${where} holds no token`);
  return token;
}

function noToken(why: string, cause?: Error): PulsarError {
  return new PulsarError('AuthenticationError', why, { cause });
}
