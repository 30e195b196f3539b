import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { sandboxKeyspacesCommand } from '../commands/sandbox-keyspaces.ts';
import { configShape } from '../src/config/config-shape.ts';
import { gatesOfCutover } from '../src/cutover/gates.ts';
import { exitCodes } from '../src/errors.ts';
import { phaseNames } from '../src/model/phase.ts';
import { phases } from '../src/phases/phases.ts';
import { FaultSwitches } from '../src/sandbox/keyspaces/engine/fault-switches.ts';
import { keyspacesRules } from '../src/sandbox/keyspaces/rules.ts';
import { emptyState } from '../src/state/migration-state.ts';

const project = join(import.meta.dirname, '..');
const read = (file: string) => readFileSync(join(project, file), 'utf8');

describe('docs/configuration.md', () => {
  const rows = rowsOf(read('docs/configuration.md'));

  test.each(settings())('has $key with its default', ({ key, fallback }) => {
    const row = rows.find(([names]) => namesIn(names!).includes(key));
    expect(row, key).toBeDefined();
    if (fallback !== undefined) expect(row![1]!.replaceAll('`', '')).toBe(fallback);
  });
});

describe('docs/exit-codes.md', () => {
  test.each(Object.entries(exitCodes))('has %s', (name, code) => {
    expect(rowsOf(read('docs/exit-codes.md')).map((row) => row.slice(0, 2))).toContainEqual([String(code), name]);
  });
});

describe('docs/phases.md', () => {
  const text = read('docs/phases.md');

  test.each(phaseNames)('says what %s needs and checks', (name) => {
    const section = text.split(/^## /m).find((part) => part.startsWith(`${name}\n`));
    const rows = new Map(rowsOf(section ?? '').map(([what, ...cells]) => [what, cells.join('|')]));
    expect(rows.get('needs')).toBe(phases[name].needs.join(', ') || 'nothing');
    const checks = [...(rows.get('checks') ?? '').matchAll(/\*([^*]+)\*/g)].map(([, check]) => check);
    expect(checks).toEqual(phases[name].checks.map((check) => check.name));
  });

  test('has every gate of cutover', () => {
    const named = rowsOf(text).map(([gate]) => gate);
    expect(gateNames().filter((gate) => !named.includes(gate))).toEqual([]);
  });
});

describe('docs/keyspaces-stand-in.md', () => {
  const text = read('docs/keyspaces-stand-in.md');
  const rows = rowsOf(text);

  test.each(keyspacesRules)(
    'has rule $number, $id, as the code has it',
    ({ number, id, priority, statement, confidence }) => {
      const row = rows.find(([, name]) => name === `\`${id}\``);
      expect(row?.slice(0, 3)).toEqual([String(number), `\`${id}\``, `P${priority}`]);
      expect(row?.[3]).toContain(statement);
      expect(row?.[4]).toBe(confidence.behaviour);
    },
  );

  test('has every option of the command', () => {
    const { options } = sandboxKeyspacesCommand();
    const own = options.filter(({ long }) => long !== '--dir' && long !== '--json').map(({ flags }) => `\`${flags}\``);
    expect(own.filter((flags) => !rows.some(([cell]) => cell === flags))).toEqual([]);
  });

  test('has every fault with what it is at first', () => {
    const { now } = new FaultSwitches({});
    const documented = rows.flatMap(([names, , first]) => {
      const values = (first ?? '').split(', ');
      return [...(names ?? '').matchAll(/`(\w+)`/g)].map(([, name], index) => [name, Number(values[index])] as const);
    });
    const faults = new Map(documented.filter(([name]) => Object.hasOwn(now, name!)));
    expect(Object.fromEntries(faults)).toEqual(now);
  });
});

test('every link between the documents leads to a file', () => {
  const folders = ['.', 'docs', 'docs/decisions'];
  const files = folders.flatMap((folder) => readdirSync(join(project, folder)).map((file) => join(folder, file)));
  const broken = files.filter((file) => file.endsWith('.md')).flatMap(brokenLinks);
  expect(broken).toEqual([]);
});

function brokenLinks(file: string): readonly string[] {
  const links = [...read(file).matchAll(/\]\(([^)#]+)/g)].map(([, link]) => link!);
  return links
    .filter((link) => !link.includes('://') && !existsSync(join(project, dirname(file), link)))
    .map((link) => `${file}: ${link}`);
}

/** The cells of every row of every table. */
function rowsOf(markdown: string): readonly (readonly string[])[] {
  return markdown
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

/** A cell may name several keys, the later ones without their section. */
function namesIn(cell: string): readonly string[] {
  const [first = '', ...others] = [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name!);
  return [first, ...others.map((name) => first.replace(/[^.]+$/, name))];
}

interface Setting {
  readonly key: string;
  /** As text; undefined where the shape has none. */
  readonly fallback: string | undefined;
}

interface Schema {
  /** One of these shapes: all their settings are there to be described. */
  readonly oneOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly default?: unknown;
}

function settings(): readonly Setting[] {
  return leaves('', z.toJSONSchema(configShape, { io: 'input' }) as Schema);
}

function leaves(key: string, { properties, items, default: fallback, ...choice }: Schema): readonly Setting[] {
  const shapes = choice.oneOf ?? choice.anyOf;
  if (shapes) return shapes.flatMap((shape) => leaves(key, shape));
  if (properties)
    return Object.entries(properties).flatMap(([name, part]) => leaves(key ? `${key}.${name}` : name, part));
  if (items?.properties) return leaves(`${key}[]`, items);
  return [{ key, fallback: fallback === undefined ? undefined : String(fallback) }];
}

function gateNames(): readonly string[] {
  const nothing = new Map<string, number | undefined>();
  const facts = {
    state: emptyState,
    nodes: [],
    writesStopped: false,
    counterChangesSeen: 0,
    changesSeen: 0,
    deadLetters: 0,
  };
  const gates = gatesOfCutover({
    ...facts,
    parked: [],
    pendingHints: nothing,
    pendingBatches: nothing,
    unbrokenSince: new Map(),
    hintsChecked: false,
    streamUnknownBecause: undefined,
  });
  return gates.map(({ gate }) => gate);
}
