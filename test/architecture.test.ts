import { basename } from 'node:path';
import { describe, expect, test } from 'vitest';
import { importsIn, type SourceFile, sourceFiles } from './support/source-imports.ts';

interface Room {
  /** Other rooms it may import from. */
  readonly rooms: readonly string[];
  /** Packages, and Node's own modules where a room is pure; undefined: any of Node's own. */
  readonly packages?: readonly string[];
  /** Pure: nothing of Node but what computes. */
  readonly isPure?: true;
}

const common = ['ports', 'model', 'errors', 'events'];
const road = ['apply', ...common];
const aws = ['@aws-sdk/client-keyspaces', '@aws-sdk/credential-provider-node'];
const wire = ['wire/cql', 'wire/commitlog', 'wire/pulsar'];

/** Who may import whom; ARCHITECTURE.md says why. What is not listed is forbidden. */
const rooms: Readonly<Record<string, Room>> = {
  model: { rooms: [], isPure: true },
  'wire/avro': { rooms: [], isPure: true },
  'wire/cql': { rooms: [] },
  'wire/commitlog': { rooms: ['model'] },
  'wire/pulsar': { rooms: [] },
  errors: { rooms: ['model'], isPure: true },
  events: { rooms: ['model'], isPure: true },
  ports: { rooms: ['model'], isPure: true },
  config: { rooms: ['model', 'errors'], packages: ['yaml', 'zod'] },
  state: { rooms: ['model', 'errors', 'ports'], isPure: true },
  checks: { rooms: ['ports', 'model', 'config'], isPure: true },
  plan: { rooms: ['model', 'config'], isPure: true },
  deploy: { rooms: common },
  capture: { rooms: ['wire/commitlog', ...common], packages: ['zod'] },
  feeds: { rooms: ['wire/avro', 'wire/commitlog', 'model', 'errors'], isPure: true },
  apply: { rooms: common, isPure: true },
  snapshot: { rooms: road, isPure: true },
  stream: { rooms: ['feeds', ...road], isPure: true },
  validation: { rooms: common, isPure: true },
  cutover: { rooms: ['state', ...common], isPure: true },
  phases: {
    rooms: [
      ...['config', 'state', 'checks', 'plan', 'deploy', 'capture', 'feeds'],
      ...['snapshot', 'stream', 'validation', 'cutover', ...road],
    ],
  },
  ui: { rooms: ['events', 'errors', 'state', 'model'], packages: ['listr2'] },
  adapters: { rooms: ['ports', 'model', 'errors', ...wire], packages: ['cassandra-driver', 'esbuild', 'ssh2', ...aws] },
  sandbox: { rooms: ['model', 'errors', ...wire], packages: ['cassandra-driver', 'prom-client', 'yaml', 'zod'] },
};

const pureModules = ['node:crypto', 'node:path'];
const inside = sourceFiles('src');
const outside = sourceFiles('commands', 'bin');
const ours = [...inside, ...outside];

describe('who may import whom', () => {
  test.each(Object.entries(rooms))('%s imports only what its room may', (name, room) => {
    const files = inside.filter((file) => roomOf(file.path) === name);
    expect(files.length, `files in ${name}`).toBeGreaterThan(0);
    expect(importsOf(files, (path, imported) => !mayImport(name, room, path, imported))).toEqual([]);
  });

  test('every file under src is in a room of the table', () => {
    expect(inside.map((file) => file.path).filter((path) => !Object.hasOwn(rooms, roomOf(path)))).toEqual([]);
  });

  test('bin imports the commands, the errors and the screen, and leaves the rest to them', () => {
    const bin = outside.filter((file) => roomOf(file.path) === 'bin');
    const allowed = ['bin', 'commands', 'errors', 'ui', 'commander'];
    expect(importsOf(bin, (_, imported) => !isOfNode(imported) && !allowed.includes(roomOf(imported)))).toEqual([]);
  });

  test('no room reaches itself through others', () => {
    expect(Object.keys(rooms).filter((name) => reach(name).has(name))).toEqual([]);
  });

  test('the proof shares no code with what it proves', () => {
    const reached = reach('validation');
    expect(['apply', 'snapshot', 'stream', 'feeds'].filter((room) => reached.has(room))).toEqual([]);
  });

  test('only adapters and the demo speak through cassandra-driver', () => {
    const users = ours.filter((file) => file.imports.includes('cassandra-driver')).map((file) => file.path);
    expect(users.filter((path) => !/^src\/(adapters|sandbox\/demo)\//.test(path))).toEqual([]);
  });
});

describe('files', () => {
  test('no index files and no drawers', () => {
    const drawer = /^(index|utils?|helpers?|common|misc)\.ts$/;
    expect(ours.map((file) => file.path).filter((path) => drawer.test(basename(path)))).toEqual([]);
  });

  test('only commands, bin and ui write to the terminal', () => {
    const printing = /\bprocess\.(stdout|stderr)\b|\bconsole\.\w+\(/;
    const silent = inside.filter((file) => roomOf(file.path) !== 'ui');
    expect(silent.filter((file) => printing.test(file.text)).map((file) => file.path)).toEqual([]);
  });

  test('the process ends in bin, or by the second Ctrl-C', () => {
    const exits = ours.filter((file) => /\bprocess\.exit\(/.test(file.text)).map((file) => file.path);
    expect(exits.filter((path) => !path.startsWith('bin/') && path !== 'commands/interrupt.ts')).toEqual([]);
  });
});

test('imports are read in every form they can have', () => {
  const text = [
    "import 'a';",
    "import b, { type B } from 'b';",
    'import type {\n  C,\n  D,\n} from',
    "  'c';",
    "export { d } from 'd';",
    "export * from 'e';",
    "const f = await import('f');",
    "const g = `SELECT from 'g'`;",
  ].join('\n');
  expect(importsIn(text)).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
});

function mayImport(name: string, room: Room, path: string, imported: string): boolean {
  if (isOfNode(imported)) return !room.isPure || pureModules.includes(imported);
  if (!isOurs(imported)) return (room.packages ?? []).includes(imported);
  return roomOf(imported) === name ? isInside(path, imported) : room.rooms.includes(roomOf(imported));
}

/** Of one room; the demo's tables and the Keyspaces stand-in are guests in the sandbox, which must do without the demo. */
function isInside(path: string, imported: string): boolean {
  return !imported.startsWith('src/sandbox/demo/') || path.startsWith('src/sandbox/demo/');
}

/** `src/wire/cql/frame.ts` is in wire/cql, `src/errors.ts` in errors, `commands/run.ts` in commands; a package is itself. */
function roomOf(path: string): string {
  const [top, first, second] = path.split('/');
  if (top !== 'src') return isOurs(path) ? top! : path;
  return first === 'wire' ? `wire/${second}` : first!.replace(/\.ts$/, '');
}

function isOurs(imported: string): boolean {
  return /^(src|commands|bin|test|bench)\//.test(imported);
}

function isOfNode(imported: string): boolean {
  return imported.startsWith('node:');
}

function importsOf(
  files: readonly SourceFile[],
  isWrong: (path: string, imported: string) => boolean,
): readonly string[] {
  return files.flatMap(({ path, imports }) =>
    imports.filter((imported) => isWrong(path, imported)).map((imported) => `${path} imports ${imported}`),
  );
}

/** The rooms that can be reached from one by imports; itself only if they lead back. */
function reach(from: string): ReadonlySet<string> {
  const seen = new Set<string>();
  const next = [from];
  for (let room = next.pop(); room !== undefined; room = next.pop()) {
    for (const other of neighbours(room)) {
      if (seen.has(other)) continue;
      seen.add(other);
      next.push(other);
    }
  }
  return seen;
}

function neighbours(room: string): ReadonlySet<string> {
  const imports = inside.filter((file) => roomOf(file.path) === room).flatMap((file) => file.imports);
  return new Set(
    imports
      .filter(isOurs)
      .map(roomOf)
      .filter((other) => other !== room),
  );
}
