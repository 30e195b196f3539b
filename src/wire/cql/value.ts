/** Bound in the place of a value: the statement then leaves that column as it is (null would write a tombstone). */
export const unset: unique symbol = Symbol('unset');

/** The encoded bytes of one value, exactly as CQL carries them, without their length. */
export type CqlValue = Buffer | null | typeof unset;
