import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A TypeScript file of the project: its path from the project's folder, its text, and what it imports. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
  /** Paths from the project's folder for files of ours, and the names of packages and of Node's own modules. */
  readonly imports: readonly string[];
}

const project = fileURLToPath(new URL('../../', import.meta.url));

/** Every TypeScript file below these folders; a folder that is not there holds none. */
export function sourceFiles(...folders: readonly string[]): readonly SourceFile[] {
  return folders.flatMap((folder) => listFiles(folder)).map(readSource);
}

function listFiles(folder: string): readonly string[] {
  return readdirSync(join(project, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => join(folder, file));
}

function readSource(path: string): SourceFile {
  const text = readFileSync(join(project, path), 'utf8');
  return { path, text, imports: importsIn(text).map((specifier) => resolveImport(path, specifier)) };
}

/** The specifiers of static imports, re-exports, imports for their effect and imports at run time. */
export function importsIn(text: string): readonly string[] {
  return [...text.matchAll(staticImport), ...text.matchAll(dynamicImport)].map(([, specifier]) => specifier!);
}

const staticImport = /^(?:import|export)\s+(?:[\w*{][^'";]*?\sfrom\s+)?'([^']+)'/gm;
const dynamicImport = /\bimport\(\s*'([^']+)'/g;

function resolveImport(from: string, specifier: string): string {
  return specifier.startsWith('.') ? normalize(join(dirname(from), specifier)) : specifier;
}
