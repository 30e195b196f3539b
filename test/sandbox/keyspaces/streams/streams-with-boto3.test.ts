import { execFile, execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import { serveJson } from '../../../../src/sandbox/keyspaces/control-plane/serve-json.ts';
import { StreamRegistry } from '../../../../src/sandbox/keyspaces/streams/stream-registry.ts';
import { streamsApi } from '../../../../src/sandbox/keyspaces/streams/streams-api.ts';
import { account, aState } from '../a-state.ts';
import { key } from '../control-plane/a-control-plane.ts';

const run = promisify(execFile);
const why = hasBoto3() ? '' : ' (skipped: no python3 with boto3 that knows keyspacesstreams here)';

function hasBoto3(): boolean {
  const ask = 'import boto3; assert "keyspacesstreams" in boto3.Session().get_available_services()';
  try {
    execFileSync('python3', ['-c', ask], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

describe.skipIf(why !== '')(`AWS's own client${why}`, () => {
  test('reads a stream over its shards, and knows the refusals by their names', async () => {
    const held = aState();
    const streams = new StreamRegistry(held.state, 4);
    await held.withTable({ cdc: { viewType: 'NEW_AND_OLD_IMAGES' } });
    const server = await serveJson({
      services: [streamsApi(streams, () => held.state.nowMs())],
      region: account.region,
      keys: () => [key],
      nowMs: Date.now,
      port: 0,
    });
    onTestFinished(() => server.close());
    for (let id = 0; id < 9; id++)
      streams.onRowChanged('shop', 'orders', {
        token: BigInt(id - 4) * 2n ** 60n,
        partitionKeys: { id: { intT: `${id}` } },
        clusteringKeys: { at: { timestampT: '5' } },
        before: undefined,
        after: { valueCells: { note: { value: { blobT: 'AP8=' } }, done: { value: { boolT: true } } } },
        origin: 'USER',
      });
    const program = join(import.meta.dirname, 'read-stream.py');
    const asked = [server.url, account.region, 'shop', key.accessKeyId, key.secretAccessKey];
    const { stdout } = await run('python3', [program, ...asked], { timeout: 50_000 });
    const { status, records, refusal, missing } = JSON.parse(stdout);
    expect(status).toBe('ENABLED');
    const ids = records.map((record: { partitionKeys: { id: { intT: string } } }) => record.partitionKeys.id.intT);
    expect(ids.toSorted()).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8']);
    expect(records[0].newImage.valueCells.done.value).toEqual({ boolT: true });
    expect(records[0].newImage.valueCells.note.value.blobT).toBe(String.raw`b'\x00\xff'`);
    expect([refusal, missing]).toEqual(['InvalidFormat', 'ResourceNotFoundException']);
  });
});
