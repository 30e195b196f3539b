import { maxToken, minToken, splitRange } from '../../../src/model/token.ts';
import { keyOfToken } from '../../support/key-of-token.ts';
import type { PlantedRow } from './planted-row.ts';

export const ringDdl = ['CREATE TABLE KS.ring (key blob PRIMARY KEY, value int)'];

/** Rows on both sides of every place where a comparison may cut the ring: its ends, its splits and the nodes' own tokens. */
export function ringRows(nodeTokens: readonly bigint[]): readonly PlantedRow[] {
  const cuts = splitRange({ start: minToken, end: maxToken }, 16).slice(0, -1);
  const borders = [...cuts.map(({ end }) => end), ...nodeTokens].flatMap((token) => [token, token + 1n]);
  const ends = [minToken + 1n, minToken + 2n, maxToken - 1n, maxToken];
  return [...new Set([...ends, ...borders])].map((token, index) => plantedAt(token, index));
}

function plantedAt(token: bigint, index: number): PlantedRow {
  const key = keyOfToken(token).toString('hex');
  const insert = (value: number) => `INSERT INTO KS.ring (key, value) VALUES (0x${key}, ${value})`;
  const row = { table: 'ring', key: `${key}/` };
  if (index % 3 === 0) return { ...row, kind: 'extra', onTarget: [insert(1)] };
  if (index % 3 === 1)
    return { ...row, kind: 'missing', onSource: [insert(1)], onTarget: [`DELETE FROM KS.ring WHERE key = 0x${key}`] };
  return { ...row, kind: 'mismatch', columns: ['value'], onSource: [insert(1)], onTarget: [insert(2)] };
}
