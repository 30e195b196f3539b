import type { BodyReader } from './body-reader.ts';
import { consistencyName } from './consistency.ts';
import { errorName } from './error-codes.ts';
import { type CqlErrorDetails, CqlServerError } from './errors.ts';

/** Reads the body of an ERROR (section 9). */
export function readServerError(reader: BodyReader): CqlServerError {
  const code = reader.int();
  const message = reader.string();
  return new CqlServerError(code, errorName(code), message, readDetails(code, reader));
}

/** A payload that is not as specified costs the details, never the error itself: proxies and Keyspaces shorten some. */
function readDetails(code: number, reader: BodyReader): CqlErrorDetails {
  try {
    return detailReaders[code]?.(reader) ?? {};
  } catch {
    return {};
  }
}

// Object literals are evaluated from top to bottom, so each one here lists its parts in the order of the wire.
const detailReaders: Readonly<Record<number, (reader: BodyReader) => CqlErrorDetails>> = {
  4096: (reader) => ({ ...consistency(reader), required: reader.int(), alive: reader.int() }),
  4352: (reader) => ({ ...answers(reader), writeType: reader.string() }),
  4608: (reader) => ({ ...answers(reader), dataPresent: reader.byte() !== 0 }),
  4864: (reader) => ({ ...answers(reader), failures: reader.int(), dataPresent: reader.byte() !== 0 }),
  5120: (reader) => ({
    keyspace: reader.string(),
    functionName: reader.string(),
    argumentTypes: reader.stringList(),
  }),
  5376: (reader) => ({ ...answers(reader), failures: reader.int(), writeType: reader.string() }),
  5888: answers,
  9216: (reader) => ({ keyspace: reader.string(), table: reader.string() }),
  9472: (reader) => ({ statementId: Buffer.from(reader.shortBytes()) }),
};

function answers(reader: BodyReader): CqlErrorDetails {
  return { ...consistency(reader), received: reader.int(), required: reader.int() };
}

function consistency(reader: BodyReader): CqlErrorDetails {
  const name = consistencyName(reader.short());
  return name === undefined ? {} : { consistency: name };
}
