import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { auth, type Client } from 'cassandra-driver';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { aStandIn, aUser, type RunningStandIn, refusalOf, region } from './a-stand-in.ts';
import { SigV4Provider } from './sig-v4-provider.ts';

let standIn: RunningStandIn;
let client: Client;

beforeAll(async () => {
  standIn = await aStandIn(inject('sandbox'));
  client = await standIn.client();
});

afterAll(async () => {
  expect(standIn.bugs).toEqual([]);
  await standIn.close();
});

describe('logging in', () => {
  test('works with a user name and password of the service', async () => {
    const { rows } = await client.execute('SELECT data_center, release_version, partitioner FROM system.local');
    expect({ ...rows[0] }).toEqual({
      data_center: region,
      release_version: '3.11.2',
      partitioner: 'org.apache.cassandra.dht.Murmur3Partitioner',
    });
  });

  test('is refused with a wrong password, by the name that was given', async () => {
    const wrong = standIn.client({ authProvider: new auth.PlainTextAuthProvider('somebody', 'wrong') });
    await expect(wrong).rejects.toMatchObject({ innerErrors: expect.anything() });
    const { innerErrors } = (await wrong.catch((error) => error)) as {
      innerErrors: Record<string, Error & { code?: number }>;
    };
    const [inner] = Object.values(innerErrors);
    expect(inner!.message).toContain('Provided username somebody and/or password are incorrect');
  });

  test('works with a signature of Signature Version 4 over the challenge', async () => {
    const signed = await standIn.client({ authProvider: new SigV4Provider(aUser.accessKeyId, aUser.secretAccessKey) });
    expect((await signed.execute('SELECT key FROM system.local')).rows).toHaveLength(1);
  });

  test('is refused with a signature of another secret', async () => {
    const wrong = standIn.client({ authProvider: new SigV4Provider(aUser.accessKeyId, 'another secret') });
    const { innerErrors } = (await wrong.catch((error) => error)) as { innerErrors: Record<string, Error> };
    expect(Object.values(innerErrors)[0]!.message).toContain('Authentication failure: Invalid signature');
  });

  test('is refused without TLS: the connection ends', async () => {
    const socket = connectTcp({ host: standIn.address, port: standIn.port });
    socket.write(Buffer.from('040000000500000000', 'hex'));
    socket.on('error', () => {});
    await once(socket, 'close');
    expect(socket.bytesRead).toBe(0);
  });

  test('a frame of v5 is answered with the version to use, in a frame of v4', async () => {
    const socket = connectTls({ host: standIn.address, port: standIn.port, ca: standIn.caPem });
    socket.write(Buffer.from('050000070500000000', 'hex'));
    const [bytes] = (await once(socket, 'data')) as [Buffer];
    expect([bytes[0], bytes.readInt16BE(2), bytes[4], bytes.readInt32BE(9)]).toEqual([0x84, 7, 0x00, 0x000a]);
    expect(bytes.toString('latin1')).toContain('unsupported protocol version (5)');
    socket.destroy();
  });

  test('what is asked before it is refused', async () => {
    const socket = connectTls({ host: standIn.address, port: standIn.port, ca: standIn.caPem });
    const query = Buffer.from('SELECT * FROM system.local');
    const body = Buffer.concat([Buffer.from([0, 0, 0, query.length]), query, Buffer.from([0, 6, 0])]);
    socket.write(Buffer.concat([Buffer.from('0400000007', 'hex'), Buffer.from([0, 0, 0, body.length]), body]));
    const [bytes] = (await once(socket, 'data')) as [Buffer];
    expect([bytes[4], bytes.readInt32BE(9)]).toEqual([0x00, 0x000a]);
    socket.destroy();
  });
});

describe('system tables', () => {
  test('show a single node no peers, and nine addresses eight of them', async () => {
    expect((await client.execute('SELECT * FROM system.peers')).rows).toEqual([]);
    const addresses = Array.from({ length: 9 }, (_, index) => `127.0.77.${index + 1}`);
    const many = await aStandIn(inject('sandbox'), { addresses });
    const other = await many.client({ contactPoints: [addresses[3]!], sslOptions: { rejectUnauthorized: false } });
    const peers = (await other.execute('SELECT peer FROM system.peers')).rows.map((row) => row.peer.toString());
    expect(new Set(peers).size).toBe(8);
    expect(addresses).toEqual(expect.arrayContaining(peers));
    expect(other.hosts.length).toBe(9);
    await many.close();
  });

  test('are in the schema that a driver reads, as cqlsh needs to show them', async () => {
    const { partitionKeys, clusteringKeys, columnsByName } = await client.metadata.getTable(
      'system_schema_mcs',
      'tables',
    );
    expect([partitionKeys, clusteringKeys].map((keys) => keys.map(({ name }) => name))).toEqual([
      ['keyspace_name'],
      ['table_name'],
    ]);
    expect(Object.keys(columnsByName)).toContain('custom_properties');
    const { rows } = await client.execute('SELECT keyspace_name FROM system_schema.keyspaces');
    const names = rows.map((row) => row.keyspace_name);
    expect(names).toEqual(expect.arrayContaining(['system', 'system_schema', 'system_schema_mcs']));
  });

  test('have no peers_v2, which Cassandra 3.11 has not either', async () => {
    expect(await refusalOf(client.execute('SELECT * FROM system.peers_v2'))).toMatchObject({ code: 0x2200 });
  });

  test('answer prepared questions with bound values', async () => {
    const cql = 'SELECT cluster_name FROM system.local WHERE key = ?';
    expect((await client.execute(cql, ['local'])).rows.map((row) => row.cluster_name)).toEqual(['Amazon Keyspaces']);
    expect((await client.execute(cql, ['other'])).rows).toEqual([]);
  });
});

test('a user without a right is refused as unauthorised', async () => {
  const users = [{ ...aUser, may: ['Select'] as const }];
  const guarded = await aStandIn(inject('sandbox'), { users });
  const reader = await guarded.client();
  const refusal = await refusalOf(
    reader.execute("CREATE KEYSPACE nobody WITH replication = {'class': 'SingleRegionStrategy'}", [], {
      prepare: false,
    }),
  );
  expect(refusal).toEqual({
    code: 0x2100,
    message: 'User arn:aws:iam::111122223333:user/rehearsal has no permissions.',
  });
  await guarded.close();
});
