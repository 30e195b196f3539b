import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { findFreeEndpoints, loopbackPrefix } from '../../src/sandbox/free-endpoints.ts';

test('an address that another sandbox listens on is not given again', async () => {
  const first = await findFreeEndpoints('/some/sandbox', 1);
  const other = createServer().listen(first.cqlPort, first.source[0]);
  await once(other, 'listening');
  try {
    const second = await findFreeEndpoints('/some/sandbox', 1);
    expect([second.source[0], second.cqlPort]).not.toEqual([first.source[0], first.cqlPort]);
  } finally {
    other.close();
  }
});

test('all nodes of a cluster share their ports and none shares an address', async () => {
  const { source, target } = await findFreeEndpoints('/three/nodes', 3);
  expect(new Set([...source, target]).size).toBe(4);
});

test('two folders look for addresses in different places', () => {
  expect(loopbackPrefix('/a', 0)).not.toBe(loopbackPrefix('/b', 0));
  expect(loopbackPrefix('/a', 0)).not.toBe(loopbackPrefix('/a', 1));
});
