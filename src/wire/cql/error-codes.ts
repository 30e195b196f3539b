/** Error codes of protocol v4 (section 9), and the two of v5 that proxies have been seen to pass on. */
export const errorNames = {
  0: 'SERVER_ERROR',
  10: 'PROTOCOL_ERROR',
  256: 'BAD_CREDENTIALS',
  4096: 'UNAVAILABLE',
  4097: 'OVERLOADED',
  4098: 'IS_BOOTSTRAPPING',
  4099: 'TRUNCATE_ERROR',
  4352: 'WRITE_TIMEOUT',
  4608: 'READ_TIMEOUT',
  4864: 'READ_FAILURE',
  5120: 'FUNCTION_FAILURE',
  5376: 'WRITE_FAILURE',
  5632: 'CDC_WRITE_FAILURE',
  5888: 'CAS_WRITE_UNKNOWN',
  8192: 'SYNTAX_ERROR',
  8448: 'UNAUTHORIZED',
  8704: 'INVALID',
  8960: 'CONFIG_ERROR',
  9216: 'ALREADY_EXISTS',
  9472: 'UNPREPARED',
} as const;

export type CqlErrorName = (typeof errorNames)[keyof typeof errorNames] | 'UNKNOWN';

/** The name of a code; UNKNOWN for one that no version of the protocol has. */
export function errorName(code: number): CqlErrorName {
  return (errorNames as Readonly<Record<number, CqlErrorName>>)[code] ?? 'UNKNOWN';
}
