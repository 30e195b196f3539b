import { hostname } from 'node:os';
import type { LedgerContext } from '../src/phases/phase-context.ts';
import { ownersLedger, takeOwnerLock } from '../src/state/owner-lock.ts';

/** Holds the owner's lock from before the first look to after the last; losing it interrupts the work. */
export async function asOwner<Context extends LedgerContext, T>(
  context: Context,
  takeOver: boolean,
  work: (owned: Context) => Promise<T>,
): Promise<T> {
  const holder = `${hostname()}, process ${process.pid}`;
  const lock = await takeOwnerLock(context.bus, { holder, takeOver }, context.signal);
  const signal = AbortSignal.any([context.signal, lock.lost]);
  try {
    return await work({ ...context, signal, ledger: ownersLedger(context.ledger, lock), proveOwner: lock.prove });
  } catch (error) {
    // Whatever failed because we were stopped: who stopped us is what the operator must know.
    throw lock.lost.aborted ? lock.lost.reason : error;
  } finally {
    await lock.release();
  }
}
