/** Consistency levels of CQL and the numbers that protocol v4 gives them. */
export const consistencyCodes = {
  ANY: 0x00,
  ONE: 0x01,
  TWO: 0x02,
  THREE: 0x03,
  QUORUM: 0x04,
  ALL: 0x05,
  LOCAL_QUORUM: 0x06,
  EACH_QUORUM: 0x07,
  SERIAL: 0x08,
  LOCAL_SERIAL: 0x09,
  LOCAL_ONE: 0x0a,
} as const;

export type Consistency = keyof typeof consistencyCodes;
export type SerialConsistency = 'SERIAL' | 'LOCAL_SERIAL';

const namesByCode = Object.keys(consistencyCodes) as Consistency[];

/** The name of a level in an error's payload; undefined for a number that v4 does not know. */
export function consistencyName(code: number): Consistency | undefined {
  return namesByCode[code];
}
