import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openConnectors } from '../../../src/adapters/pulsar/open-connectors.ts';
import { aFunctionsWorker } from '../../support/a-functions-worker.ts';

const place = { tenant: 'public', namespace: 'cdcmig-shop' };
const definition = {
  ...{ ...place, name: 'shop-orders', topicName: 'persistent://public/cdcmig-shop/data-shop.orders', parallelism: 2 },
  configs: { keyspace: 'shop', table: 'orders', port: 9042, note: 'quotes " and\r\nlines – ü' },
};
const builtin = { ...definition, archive: 'builtin://cassandra-source' };

function anArchive(content: Buffer) {
  const folder = mkdtempSync(join(tmpdir(), 'cdcmig-nar-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'pulsar-cassandra-source-2.3.9.nar');
  writeFileSync(path, content);
  return { path, sha256: createHash('sha256').update(content).digest('hex') };
}

async function aWorker(patienceMs = 20_000) {
  const worker = await aFunctionsWorker();
  return { ...worker, connectors: openConnectors({ ...place, adminUrl: worker.adminUrl, token: 't', patienceMs }) };
}

describe('source connectors', () => {
  test('are made of an archive that arrives byte by byte, with their definition', async () => {
    const { connectors, sources, tokens } = await aWorker();
    const content = Buffer.concat([Buffer.from('\r\n--cdcmig-\r\n'), randomBytes(300_000)]);
    await connectors.create(definition, anArchive(content));
    const kept = sources.get('shop-orders')!;
    expect(kept.config).toMatchObject(definition);
    expect(kept.archive!.name).toBe('pulsar-cassandra-source-2.3.9.nar');
    expect(kept.archive!.content.equals(content)).toBe(true);
    expect(tokens).toEqual(['Bearer t']);
  });

  test('are made of what is built in, with nothing uploaded', async () => {
    const { connectors, sources } = await aWorker();
    await connectors.create(builtin, undefined);
    expect(sources.get('shop-orders')!.archive).toBeUndefined();
    expect(await connectors.read('shop-orders')).toMatchObject(builtin);
  });

  test('are none before they are made', async () => {
    const { connectors } = await aWorker();
    expect(await connectors.read('shop-orders')).toBeUndefined();
  });

  test('wait for a worker that is starting', async () => {
    const { connectors, state, seen } = await aWorker();
    state.unavailable = 3;
    await connectors.create(builtin, undefined);
    expect(seen).toHaveLength(4);
    state.unavailable = 2;
    expect(await connectors.instances('shop-orders')).toHaveLength(2);
  });

  test('say why when a worker is never started', async () => {
    const { connectors, state } = await aWorker(300);
    state.unavailable = 1_000;
    await expect(connectors.read('shop-orders')).rejects.toThrow(/connector shop-orders; found .*503 .*not done init/);
  });

  test('that are there stay as they are', async () => {
    const { connectors, sources } = await aWorker();
    await connectors.create(builtin, undefined);
    await connectors.create({ ...builtin, parallelism: 7 }, undefined);
    expect(sources.get('shop-orders')!.config).toMatchObject({ parallelism: 2 });
  });

  test('are made once when the answer is lost', async () => {
    const { connectors, sources, state, seen } = await aWorker();
    state.losesAnswer = true;
    await connectors.create(builtin, undefined);
    expect(sources.size).toBe(1);
    expect(seen).toEqual([
      ...Array(2).fill('POST public/cdcmig-shop/shop-orders'),
      'GET public/cdcmig-shop/shop-orders',
    ]);
  });

  test('that are refused are told in the worker’s words', async () => {
    const { connectors } = await aWorker();
    const unknown = { ...definition, archive: 'builtin://nothing' };
    await expect(connectors.create(unknown, undefined)).rejects.toThrow(/400 \(Failed to extract source class/);
  });

  test('are not made of another archive than the meant one, of which nothing is sent', async () => {
    const { connectors, seen } = await aWorker();
    const archive = anArchive(Buffer.from('nar'));
    await expect(connectors.create(definition, { ...archive, sha256: 'f'.repeat(64) })).rejects.toThrow(
      `a file with SHA-256 ${archive.sha256}`,
    );
    await expect(connectors.create(definition, { ...archive, path: '/no.nar' })).rejects.toThrow(/no such file/);
    expect(seen).toEqual([]);
  });

  test('tell of each instance what no list of errors has', async () => {
    const { connectors, state } = await aWorker();
    await connectors.create(builtin, undefined);
    state.words.set('shop-orders', () => [
      { numRestarts: 4 },
      { running: false, error: 'Function has not been scheduled', numSystemExceptions: 2 },
    ]);
    expect(await connectors.instances('shop-orders')).toEqual([
      { number: 0, isRunning: true, error: undefined, restarts: 4, systemExceptions: 0 },
      { number: 1, isRunning: false, error: 'Function has not been scheduled', restarts: 0, systemExceptions: 2 },
    ]);
  });
});
