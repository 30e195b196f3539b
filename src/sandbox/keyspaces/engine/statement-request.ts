import { BodyReader } from '../../../wire/cql/body-reader.ts';
import { sizeOfText } from '../../../wire/cql/buffer-writer.ts';
import { opcodes } from '../../../wire/cql/frame.ts';
import type { CqlValue } from '../../../wire/cql/value.ts';
import type { Term } from '../cql/statement.ts';
import type { BackendRequest } from '../protocol/backend-link.ts';
import { type Parameters, readValues, sizeOfParameters, writeParameters } from '../protocol/request-body.ts';
import type { KnownStatement } from '../statements/known-statement.ts';
import type { BoundValues } from '../statements/term-value.ts';
import type { PreparedStatement } from './prepared-statements.ts';

/** One QUERY or EXECUTE. */
export interface StatementRequest {
  readonly known: KnownStatement;
  /** Undefined for a QUERY. */
  readonly prepared: PreparedStatement | undefined;
  readonly parameters: Parameters;
}

/** The same request for the backing Cassandra, with these parameters instead of its own. */
export function passedOn({ known, prepared }: StatementRequest, parameters: Parameters): BackendRequest {
  const size = sizeOfParameters(parameters);
  if (prepared) {
    return {
      opcode: opcodes.EXECUTE,
      bodySize: 2 + prepared.id.length + size,
      writeBody: (writer) => {
        writer.shortBytes(prepared.id);
        writeParameters(writer, parameters);
      },
    };
  }
  return queryOf(known.cql, parameters);
}

export function queryOf(cql: string, parameters: Parameters): BackendRequest {
  return {
    opcode: opcodes.QUERY,
    bodySize: 4 + sizeOfText(cql) + sizeOfParameters(parameters),
    writeBody: (writer) => {
      writer.longString(cql);
      writeParameters(writer, parameters);
    },
  };
}

/** The values in the order of the bind markers. Named ones are found by the names of the markers. */
export function boundValues({ parameters, known }: StatementRequest): BoundValues {
  const { rawValues, hasNames } = parameters;
  if (!rawValues) return [];
  const values = readValues(new BodyReader(rawValues), hasNames);
  if (!hasNames) return values.map(({ value }) => value);
  const byName = new Map<string | undefined, CqlValue>(values.map(({ name, value }) => [name, value]));
  const bound: CqlValue[] = [];
  for (const marker of markersOf(known.statement)) bound[marker.index] = byName.get(marker.name) ?? null;
  return bound;
}

type Marker = Extract<Term, { kind: 'marker' }>;

/** Every bind marker anywhere in a statement or a part of one, in the order of the text. */
export function markersOf(part: unknown): readonly Marker[] {
  if (part === null || typeof part !== 'object') return [];
  if ('kind' in part && part.kind === 'marker') return [part as Marker];
  return Object.values(part)
    .flatMap(markersOf)
    .sort((a, b) => a.index - b.index);
}
