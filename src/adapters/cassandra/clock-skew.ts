import { systemClock } from '../clock.ts';
import { decodeTimeUuidMicros } from './decode-cell.ts';
import { type Asker, queryRows } from './query-rows.ts';

/** A server's clock minus ours, by the quickest of a few questions: half of its round trip is the error. */
export async function measureClockSkew(asker: Asker, signal?: AbortSignal): Promise<bigint> {
  const clock = systemClock();
  let best: { readonly roundTrip: bigint; readonly skew: bigint } | undefined;
  for (let question = 0; question < questions; question++) {
    const before = clock.nowMicros();
    const [row] = await queryRows(asker, 'SELECT now() AS now FROM system.local', { ...(signal && { signal }) });
    const roundTrip = clock.nowMicros() - before;
    const skew = decodeTimeUuidMicros(row!.now!) - (before + roundTrip / 2n);
    if (!best || roundTrip < best.roundTrip) best = { roundTrip, skew };
  }
  return best!.skew;
}

const questions = 5;
