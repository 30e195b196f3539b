import { describe, expect, test } from 'vitest';
import { BodyReader } from '../../../src/wire/cql/body-reader.ts';
import { Outgoing } from '../../../src/wire/cql/outgoing.ts';
import { batchRequest, queryRequest, type Request } from '../../../src/wire/cql/requests.ts';
import { type CqlValue, unset } from '../../../src/wire/cql/value.ts';

describe('a request', () => {
  test('writes null as length -1 and unset as length -2', () => {
    const body = bodyOf(queryRequest('Q', [Buffer.from('x'), null, unset], { consistency: 'LOCAL_QUORUM' }));
    expect(body.toString('hex')).toBe('0000000151' + '0006' + '01' + '0003' + '0000000178' + 'ffffffff' + 'fffffffe');
  });

  test('says the same with values in one piece as with each on its own', () => {
    const behind: readonly CqlValue[] = [Buffer.from('when'), unset];
    const loose: readonly CqlValue[] = [Buffer.from('x'), null, unset, Buffer.alloc(0)];
    const packed = { count: 6, bytes: packedBytes(loose), behind: packedBytes(behind) };
    const options = { consistency: 'LOCAL_QUORUM' } as const;
    const both = [packed, [...loose, ...behind]];
    const [asQuery, asQueryLoose] = both.map((values) => bodyOf(queryRequest('Q', values, options)));
    const [inBatch, inBatchLoose] = both.map((values) =>
      bodyOf(batchRequest('unlogged', [{ statement: 'Q', values }], options)),
    );
    expect(asQuery).toEqual(asQueryLoose);
    expect(inBatch).toEqual(inBatchLoose);
  });

  test('lists its options in the order of the specification', () => {
    const body = bodyOf(
      queryRequest('', [], {
        consistency: 'QUORUM',
        pageSize: 5,
        pagingState: Buffer.from('p'),
        serialConsistency: 'LOCAL_SERIAL',
        timestampMicros: -2n,
      }),
    );
    const options = '00000005' + '0000000170' + '0009' + 'fffffffffffffffe';
    expect(body.toString('hex')).toBe(`00000000${'0004'}${'3c'}${options}`);
  });

  test('mixes text and prepared statements in a batch', () => {
    const prepared = {
      id: Buffer.from('id'),
      cql: '',
      bindColumns: [],
      partitionKeyIndexes: [],
      resultColumns: [],
      bindShape: '',
    };
    const batch = [
      { statement: 'Q', values: [] },
      { statement: prepared, values: [null] },
    ];
    const body = bodyOf(batchRequest('unlogged', batch, { consistency: 'ONE', timestampMicros: 1n }));
    const parts = '00' + '00000001' + '51' + '0000' + '01' + '0002' + '6964' + '0001' + 'ffffffff';
    expect(body.toString('hex')).toBe(`01${'0002'}${parts}${'0001'}${'20'}${'0000000000000001'}`);
  });
});

function packedBytes(values: readonly CqlValue[]): Buffer {
  const lengthOf = (value: CqlValue) => (value === unset ? -2 : (value?.length ?? -1));
  return Buffer.concat(
    values.flatMap((value) => {
      const length = Buffer.alloc(4);
      length.writeInt32BE(lengthOf(value));
      return Buffer.isBuffer(value) ? [length, value] : [length];
    }),
  );
}

describe('Outgoing', () => {
  test('sends all frames of one turn in one write', async () => {
    const writes: Buffer[] = [];
    const outgoing = new Outgoing((bytes) => writes.push(bytes));
    for (let id = 0; id < 100; id++) outgoing.add(id, 7, 0, () => {});
    expect(writes).toHaveLength(0);
    expect(outgoing.hasFlushed(1)).toBe(false);
    await new Promise(setImmediate);
    expect(writes.map((bytes) => bytes.length)).toEqual([900]);
    expect([outgoing.hasFlushed(100), outgoing.hasFlushed(101)]).toEqual([true, false]);
  });

  test('never writes over bytes that the socket may still hold', () => {
    const writes: Buffer[] = [];
    const outgoing = new Outgoing((bytes) => writes.push(bytes));
    const value = Buffer.alloc(50_000);
    for (let i = 0; i < 40; i++) add(outgoing, queryRequest('', [value.fill(i)], { consistency: 'ONE' }));
    outgoing.flush();
    const sent = Buffer.concat(writes);
    const frameBytes = sent.length / 40;
    for (let i = 0; i < 40; i++) expect(sent[(i + 1) * frameBytes - 1]).toBe(i);
  });

  test('takes a request larger than its buffer', () => {
    const writes: Buffer[] = [];
    const outgoing = new Outgoing((bytes) => writes.push(bytes));
    add(outgoing, queryRequest('', [Buffer.alloc(1_000_000, 7)], { consistency: 'ONE' }));
    outgoing.flush();
    expect(new BodyReader(Buffer.concat(writes), 5).int()).toBe(4 + 3 + 2 + 4 + 1_000_000);
  });

  test('leaves no half a frame behind when a value cannot be written', () => {
    const writes: Buffer[] = [];
    const outgoing = new Outgoing((bytes) => writes.push(bytes));
    expect(() => add(outgoing, queryRequest('Q', [], { consistency: 'ONE', timestampMicros: 2n ** 64n }))).toThrow(
      RangeError,
    );
    add(outgoing, queryRequest('Q', [], { consistency: 'ONE' }));
    outgoing.flush();
    expect(Buffer.concat(writes)).toHaveLength(9 + 4 + 1 + 3);
  });
});

function add(outgoing: Outgoing, request: Request): void {
  outgoing.add(1, request.opcode, request.bodySize, request.writeBody);
}

function bodyOf(request: Request): Buffer {
  const writes: Buffer[] = [];
  const outgoing = new Outgoing((bytes) => writes.push(bytes));
  add(outgoing, request);
  outgoing.flush();
  return Buffer.concat(writes).subarray(9);
}
