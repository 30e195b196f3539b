import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { restartAlone } from '../../src/deploy/restart-alone.ts';
import { aRing } from './a-ring.ts';

function restart(ring: ReturnType<typeof aRing>, index: number, away = [index]) {
  const { nodes, roll } = ring;
  return restartAlone(nodes[index]!, { ring: nodes, away: away.map((each) => nodes[each]!) }, roll);
}

test('a node that does not run is restarted without being drained, and without being asked for its ring', async () => {
  const ring = aRing(3);
  writeFileSync(join(ring.folder, 'host-1.dead'), '');
  await restart(ring, 1);
  expect(ring.log()).toEqual(['host-1 restart']);
});

test('none is stopped while another does not run', async () => {
  const ring = aRing(3);
  writeFileSync(join(ring.folder, 'host-1.dead'), '');
  await expect(restart(ring, 0)).rejects.toThrow(/10\.0\.0\.1 back in its ring.*does not answer CQL/);
  expect(ring.log()).toEqual(['']);
});

test('those of its group may be away meanwhile', async () => {
  const ring = aRing(3);
  writeFileSync(join(ring.folder, 'host-1.dead'), '');
  await restart(ring, 0, [0, 1]);
  expect(ring.log()).toEqual(['host-0 drain', 'host-0 restart']);
});
