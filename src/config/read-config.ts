import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parseDocument } from 'yaml';
import type { z } from 'zod';
import { OperatorError, type Sentence } from '../errors.ts';
import type { WrittenAgent } from './agent-shape.ts';
import { type Config, normaliseConfig } from './config.ts';
import { brokenRules } from './config-rules.ts';
import { configShape, type WrittenConfig } from './config-shape.ts';
import { agentsOfInventory } from './read-inventory.ts';

/** Reads and checks a configuration file; every fault in it is in the one error that is thrown. */
export function readConfig(file: string): Config {
  return parseConfig(readText(file), file);
}

export function parseConfig(text: string, file: string): Config {
  const parsed = configShape.safeParse(parseYaml(text, file) ?? {});
  if (!parsed.success) throw shapeFaults(file, parsed.error);
  const folder = dirname(resolve(file));
  const config = normaliseConfig(parsed.data, folder, agentsOf(parsed.data.capture, folder));
  const broken = brokenRules(config);
  if (broken.length > 0) throw new OperatorError(broken);
  return config;
}

/** Written in the configuration itself, or in the inventory that it names. */
function agentsOf({ agents, inventory }: WrittenConfig['capture'], folder: string): readonly WrittenAgent[] {
  if (inventory === undefined) return agents;
  if (agents.length > 0)
    throw new OperatorError({
      expected: 'either capture.agents or capture.inventory',
      found: 'both',
      next: 'name the nodes in one place',
    });
  const file = resolve(folder, inventory);
  const read = agentsOfInventory(parseYaml(readText(file), file));
  if (read.error) throw shapeFaults(file, read.error);
  return read.agents!;
}

/** The value behind `env:NAME` or `file:/path`; undefined stays undefined. */
export function resolveReference(reference: string | undefined): string | undefined {
  if (reference === undefined) return undefined;
  const [kind, rest] = [reference.slice(0, reference.indexOf(':')), reference.slice(reference.indexOf(':') + 1)];
  const value = kind === 'env' ? process.env[rest] : readSecretFile(rest);
  if (value !== undefined && value !== '') return value;
  throw new OperatorError({
    expected: `a value behind ${reference}`,
    found: kind === 'env' ? 'no such environment variable' : 'no such file, or an empty one',
    next: kind === 'env' ? `set ${rest} for this command` : `write the value into ${rest}`,
  });
}

/** Reads the reference anew each time, for a secret that is replaced meanwhile; throws now if nothing is behind it. */
export function secretBehind(reference: string | undefined): (() => string) | undefined {
  if (resolveReference(reference) === undefined) return undefined;
  return () => resolveReference(reference)!;
}

function readSecretFile(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trimEnd();
  } catch {
    return undefined;
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new OperatorError(
      {
        expected: `a configuration file ${file}`,
        found: (error as Error).message,
        next: 'run `cdcmig init`, or name another with --config',
      },
      { cause: error },
    );
  }
}

function parseYaml(text: string, file: string): unknown {
  const document = parseDocument(text);
  if (document.errors.length > 0) throw new OperatorError(document.errors.map((error) => yamlFault(file, error)));
  return document.toJS();
}

function shapeFaults(file: string, error: z.ZodError): OperatorError {
  return new OperatorError(error.issues.map((issue) => shapeFault(file, issue)));
}

function yamlFault(file: string, error: Error): Sentence {
  return { expected: `YAML in ${file}`, found: error.message.split('\n')[0]!, next: 'mend that line' };
}

function shapeFault(file: string, issue: z.core.$ZodIssue): Sentence {
  const place = issue.path.join('.') || 'the file';
  return {
    expected: `${place} in ${file} to be as cdcmig knows it`,
    found: issue.message,
    next: 'see docs/configuration.md',
  };
}
