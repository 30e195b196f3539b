import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Chunk, ChunkAssembler, type IncompleteMessage } from '../../../src/wire/pulsar/chunk-assembler.ts';

test('messages whose chunks lie between each other come out whole', () => {
  const lengths = fc.array(fc.integer({ min: 2, max: 6 }), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(lengths, fc.infiniteStream(fc.nat()), (counts, choices) => {
      const { assembler, told } = anAssembler();
      const left = counts.map((count, m) => aMessage(`m${m}`, count));
      const whole: string[] = [];
      for (let entryId = 0; left.some((chunks) => chunks.length > 0); entryId++) {
        const open = left.filter((chunks) => chunks.length > 0);
        const chunk = open[choices.next().value % open.length]!.shift()!;
        const done = assembler.add({ ...chunk, id: anId(entryId) });
        if (done) whole.push(done.content.toString());
      }
      expect(whole.sort()).toEqual(counts.map((count, m) => textOf(`m${m}`, count)).sort());
      expect(told).toEqual([]);
      expect([...assembler.openedAt()]).toEqual([]);
    }),
  );
});

test('it ends with the ids of all its entries, of those too that were stored twice', () => {
  const { assembler } = anAssembler();
  const [a, b, c] = aMessage('m', 3) as [Chunk, Chunk, Chunk];
  expect(assembler.add({ ...a, id: anId(1) })).toBeNull();
  expect(assembler.add({ ...b, id: anId(2) })).toBeNull();
  expect(assembler.add({ ...b, id: anId(3) })).toBeNull();
  expect(assembler.add({ ...b, id: anId(3) })).toBeNull();
  const whole = assembler.add({ ...c, id: anId(4) })!;
  expect(whole.content.toString()).toBe(textOf('m', 3));
  expect(whole.ids.map(({ entryId }) => entryId)).toEqual([1, 2, 3, 4]);
});

test('a producer that begins anew under the same uuid gets nothing of what was before', () => {
  const { assembler, told } = anAssembler();
  const before = aMessage('m', 3, 'old');
  before.slice(0, 2).forEach((chunk, i) => {
    assembler.add({ ...chunk, id: anId(i) });
  });
  const whole = aMessage('m', 3, 'new').map((chunk, i) => assembler.add({ ...chunk, id: anId(10 + i) }));
  expect(whole[2]!.content.toString()).toBe(textOf('m', 3, 'new'));
  expect(whole[2]!.ids.map(({ entryId }) => entryId)).toEqual([10, 11, 12]);
  expect(told).toMatchObject([{ why: 'superseded', ids: [{ entryId: 0 }, { entryId: 1 }] }]);
});

test('a chunk whose beginning was never seen is told and passed over', () => {
  const { assembler, told } = anAssembler();
  const [, second] = aMessage('m', 3);
  expect(assembler.add({ ...second!, id: anId(7) })).toBeNull();
  expect(told).toEqual([{ uuid: 'm', ids: [anId(7)], why: 'headless' }]);
});

test('a chunk after a missing one is an error: the message may be stored whole', () => {
  const { assembler } = anAssembler();
  const [first, , third] = aMessage('m', 3);
  assembler.add({ ...first!, id: anId(1) });
  expect(() => assembler.add({ ...third!, id: anId(3) })).toThrow('without the one before');
});

test('what does not go on is given up in time, and a chunk that comes after all is an error', async () => {
  const { assembler, told } = anAssembler({ expiryMs: 20 });
  const [first, second] = aMessage('m', 2);
  assembler.add({ ...first!, id: anId(1) });
  await sleep(60);
  expect(told).toMatchObject([{ why: 'expired', ids: [{ entryId: 1 }] }]);
  expect([...assembler.openedAt()]).toEqual([]);
  expect(() => assembler.add({ ...second!, id: anId(2) })).toThrow('given up');
});

test('more than the bound is an error, and room comes back with a whole message', () => {
  const { assembler } = anAssembler({ maxBytes: 12 });
  const [a1, a2] = aMessage('a', 2);
  const [b1, b2] = aMessage('b', 2);
  assembler.add({ ...a1!, id: anId(1) });
  assembler.add({ ...a2!, id: anId(2) });
  assembler.add({ ...b1!, id: anId(3) });
  assembler.add({ ...b2!, id: anId(4) });
  const large = aMessage('c', 4);
  for (const chunk of large.slice(0, 3)) assembler.add({ ...chunk, id: anId(5 + chunk.index) });
  expect(() => assembler.add({ ...large[3]!, id: anId(9) })).toThrow('more than 12 bytes');
});

test.each([
  ['no uuid', { uuid: '' }],
  ['an index beyond the count', { index: 2 }],
  ['a negative index', { index: -1 }],
  ['more bytes than announced', { totalBytes: 3 }],
])('a chunk with %s is an error', (_, change) => {
  const { assembler } = anAssembler();
  const [first] = aMessage('m', 2);
  expect(() => assembler.add({ ...first!, ...change })).toThrow(RangeError);
});

test('fewer bytes than announced are an error at the end', () => {
  const { assembler } = anAssembler();
  const [first, second] = aMessage('m', 2);
  assembler.add({ ...first!, totalBytes: 9 });
  expect(() => assembler.add({ ...second!, totalBytes: 9 })).toThrow('smaller than announced');
});

function anAssembler({ maxBytes = 10_000, expiryMs = 60_000 } = {}) {
  const told: IncompleteMessage[] = [];
  return { told, assembler: new ChunkAssembler({ maxBytes, expiryMs }, (message) => told.push(message)) };
}

/** Chunks of four bytes. */
function aMessage(uuid: string, count: number, salt = ''): Chunk[] {
  return Array.from({ length: count }, (_, index) => {
    const content = Buffer.from(`${uuid}${salt}${index}....`.slice(0, 4));
    return { uuid, index, count, totalBytes: count * 4, id: anId(index), content };
  });
}

function textOf(uuid: string, count: number, salt = ''): string {
  return Buffer.concat(aMessage(uuid, count, salt).map(({ content }) => content)).toString();
}

function anId(entryId: number) {
  return { ledgerId: 1, entryId, batchIndex: -1, partition: -1 };
}
