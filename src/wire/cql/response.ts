import type { BodyReader } from './body-reader.ts';

const responseFlags = { tracing: 0x02, customPayload: 0x04, warning: 0x08 } as const;
const noWarnings: readonly string[] = [];

/** Reads what may stand before a response's own body, in the order of the wire, and answers the server's warnings. */
export function readPreamble(reader: BodyReader, flags: number): readonly string[] {
  if (flags === 0) return noWarnings;
  if (flags & responseFlags.tracing) reader.skip(16);
  const warnings = flags & responseFlags.warning ? reader.stringList() : noWarnings;
  if (flags & responseFlags.customPayload) skipPayload(reader);
  return warnings;
}

function skipPayload(reader: BodyReader): void {
  const count = reader.short();
  for (let i = 0; i < count; i++) {
    reader.string();
    reader.bytesOrNull();
  }
}
