import { describe, expect, it } from 'vitest';
import { withPatience } from '../../../src/adapters/cassandra/with-patience.ts';
import { OperatorError } from '../../../src/errors.ts';
import { CqlConnectionError, CqlServerError } from '../../../src/wire/cql/errors.ts';

const timeout = new CqlServerError(0x1200, 'READ_TIMEOUT', 'too slow');
const invalid = new CqlServerError(0x2200, 'INVALID', 'no such table');

function failing(times: number, error: unknown) {
  let calls = 0;
  return async (attempt: number) => {
    calls++;
    if (attempt < times) throw error;
    return calls;
  };
}

describe('waiting out passing faults', () => {
  it.each([
    ['a read time-out', timeout],
    ['a broken connection', new CqlConnectionError('closed', true, 'gone')],
    ['too few live replicas', new CqlServerError(0x1000, 'UNAVAILABLE', 'down')],
    ['an overloaded node', new CqlServerError(0x1001, 'OVERLOADED', 'busy')],
  ])('%s is tried again', async (_, error) => {
    expect(await withPatience({ doing: 'to read', patienceMs: 5_000 }, failing(2, error))).toBe(3);
  });

  it('a refusal is not tried again', async () => {
    let attempts = 0;
    const act = async () => {
      attempts++;
      throw invalid;
    };
    await expect(withPatience({ doing: 'to read', patienceMs: 5_000 }, act)).rejects.toThrow(OperatorError);
    expect(attempts).toBe(1);
  });

  it('patience ends, and the operator is told of what and how often', async () => {
    const waiting = withPatience({ doing: 'to read a.b', patienceMs: 150 }, failing(1000, timeout));
    await expect(waiting).rejects.toThrow(/expected to read a\.b; found READ_TIMEOUT: too slow \(\d+ attempts\)/);
  });

  it('a wait ends with the reason of its signal', async () => {
    const reason = new Error('given up');
    const stop = new AbortController();
    const waiting = withPatience({ doing: '', patienceMs: 60_000, signal: stop.signal }, failing(1000, timeout));
    setTimeout(() => stop.abort(reason), 30);
    await expect(waiting).rejects.toBe(reason);
  });

  it('an error that is not of Cassandra is our bug and passes as it is', async () => {
    const bug = new TypeError('x is not a function');
    await expect(withPatience({ doing: '', patienceMs: 5_000 }, failing(1, bug))).rejects.toBe(bug);
  });
});
