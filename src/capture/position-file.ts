import { open, readFile, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { OperatorError } from '../errors.ts';
import { type AgentPosition, parsePosition, positionText } from './agent-position.ts';
import { hasCode } from './list-segments.ts';

/** The position saved in an agent's folder; undefined when there is none yet. Throws OperatorError for another node's. */
export async function readPosition(folder: string, node: string): Promise<AgentPosition | undefined> {
  const path = positionPath(folder);
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  const position = parse(path, text);
  if (position.node !== node) throw otherNode(path, position.node, node);
  return position;
}

/** Replaces the saved position; once it resolves, the new one survives a power cut, and before that the old one does. */
export async function writePosition(folder: string, position: AgentPosition): Promise<void> {
  const path = positionPath(folder);
  const beside = `${path}.new`;
  const file = await open(beside, 'w');
  try {
    await file.writeFile(positionText(position));
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(beside, path);
  await syncFolder(dirname(path));
}

export function positionPath(folder: string): string {
  return join(folder, 'position.json');
}

/** A rename is only safe from a power cut once its folder is. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function parse(path: string, text: string): AgentPosition {
  try {
    return parsePosition(text);
  } catch (cause) {
    const next =
      'move the file away: the agent then begins at the end of the log and reports since when its capture is unbroken';
    throw new OperatorError(
      { expected: `${path} to be an agent's position`, found: (cause as Error).message, next },
      { cause },
    );
  }
}

function otherNode(path: string, found: string, node: string): OperatorError {
  return new OperatorError({
    expected: `${path} to be of node ${node}`,
    found: `it is of node ${found}`,
    next: 'give each node a folder of its own',
  });
}
