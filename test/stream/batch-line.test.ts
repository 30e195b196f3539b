import { describe, expect, test } from 'vitest';
import { BatchLine, type LineBounds } from '../../src/stream/batch-line.ts';

const light = { messages: 1, bytes: 1 };
const wide: LineBounds = { batches: 100, messages: 100, bytes: 100 };

describe('batches that are applied at the same time', () => {
  test('are finished in the order in which they came, however they end', async () => {
    const { begin, finished } = aLine();
    const [first, second, third] = [begin('a'), begin('b'), begin('c')];
    third.end();
    await turn();
    expect(finished).toEqual([]);
    first.end();
    await turn();
    expect(finished).toEqual([['a']]);
    second.end();
    await turn();
    expect(finished).toEqual([['a'], ['b', 'c']]);
  });

  test('are finished one stretch after the other', async () => {
    let release = () => {};
    const { begin, finished } = aLine(wide, () => new Promise((resolve) => (release = resolve)));
    const [first, second] = [begin('a'), begin('b')];
    first.end();
    await turn();
    second.end();
    await turn();
    expect(finished).toEqual([['a']]);
    release();
    await turn();
    expect(finished).toEqual([['a'], ['b']]);
  });

  test('one that fails is told of, and nothing behind it is finished', async () => {
    const { begin, finished, failures } = aLine();
    const [first, second, third] = [begin('a'), begin('b'), begin('c')];
    second.fail(new Error('b broke'));
    third.end();
    first.end();
    await turn();
    expect(failures).toEqual([new Error('b broke')]);
    expect(finished).toEqual([['a']]);
  });

  test('that could not be finished are told of, and the next are not finished', async () => {
    const { begin, finished, failures } = aLine(wide, () => Promise.reject(new Error('lost')));
    const [first, second] = [begin('a'), begin('b')];
    first.end();
    await turn();
    second.end();
    await turn();
    expect(failures).toEqual([new Error('lost')]);
    expect(finished).toEqual([['a']]);
  });

  test.each<[string, Partial<LineBounds>]>([
    ['batches', { batches: 2 }],
    ['messages', { messages: 2 }],
    ['bytes', { bytes: 2 }],
  ])('wait for room where there are too many %s under way, and only then', async (_, narrow) => {
    const { line, begin } = aLine({ ...wide, ...narrow });
    begin('a');
    expect(await hasRoom(line)).toBe(true);
    const second = begin('b');
    expect(await hasRoom(line)).toBe(false);
    const room = line.untilRoom(new AbortController().signal);
    second.end();
    await room;
  });

  test('have room for one of any size where none is under way', async () => {
    const { line } = aLine({ ...wide, messages: 0, bytes: 0 });
    expect(await hasRoom(line)).toBe(true);
  });

  test('are kept as one, however many are done behind one that is held up, and hold up nothing', async () => {
    const { line, begin, finished, joins } = aLine({ ...wide, batches: 5 });
    const first = begin('0');
    const names = Array.from({ length: 10_000 }, (_, index) => `${index + 1}`);
    for (let at = 0; at < names.length; at += 4) {
      const four = names.slice(at, at + 4).map(begin);
      expect(await hasRoom(line)).toBe(false);
      for (const which of [2, 0, 3, 1]) four[which]!.end();
      await turn();
      expect(await hasRoom(line)).toBe(true);
    }
    expect(finished).toEqual([]);
    expect(joins()).toBe(9_999);
    first.end();
    await turn();
    expect(finished).toEqual([['0', ...names]]);
  });

  test('that are done while a stretch is being finished come with the next', async () => {
    let release = () => {};
    const { begin, finished } = aLine(wide, () => new Promise((resolve) => (release = resolve)));
    const all = ['a', 'b', 'c', 'd'].map(begin);
    all[1]!.end();
    all[0]!.end();
    await turn();
    all[2]!.end();
    all[3]!.end();
    await turn();
    expect(finished).toEqual([['a', 'b']]);
    release();
    await turn();
    expect(finished).toEqual([
      ['a', 'b'],
      ['c', 'd'],
    ]);
  });

  test('have ended when none is under way, also where one failed', async () => {
    const { line, begin } = aLine();
    const [first, second] = [begin('a'), begin('b')];
    let isOver = false;
    const ended = line.ended().then(() => {
      isOver = true;
    });
    first.fail(new Error('a broke'));
    await turn();
    expect(isOver).toBe(false);
    second.end();
    await ended;
  });
});

function aLine(bounds: LineBounds = wide, finish: () => Promise<void> = async () => {}) {
  const finished: (readonly string[])[] = [];
  const failures: unknown[] = [];
  let joins = 0;
  const line = new BatchLine<string>({
    bounds,
    join(earlier, later) {
      joins++;
      return `${earlier} ${later}`;
    },
    finish(done) {
      finished.push(done.split(' '));
      return finish();
    },
    onFailure: (error) => failures.push(error),
  });
  const begin = (name: string) => {
    let [end, fail] = [() => {}, (_: Error) => {}];
    line.begin(light, () => new Promise((resolve, reject) => ([end, fail] = [() => resolve(name), reject])));
    return { end: () => end(), fail: (error: Error) => fail(error) };
  };
  return { line, begin, finished, failures, joins: () => joins };
}

async function hasRoom(line: BatchLine<string>): Promise<boolean> {
  const stop = new AbortController();
  let had = false;
  const room = line.untilRoom(stop.signal).then(() => {
    had = !stop.signal.aborted;
  });
  await turn();
  stop.abort();
  await room;
  return had;
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
