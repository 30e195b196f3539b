import type { z } from 'zod';
import type { Action } from '../access/access-key.ts';
import { invalid } from '../state/keyspaces-error.ts';

/** One operation of a service that speaks AWS JSON: what it asks of the caller's key, and what it does. */
export interface JsonOperation {
  /** What the key must be allowed, of this request. */
  readonly needs: (input: unknown) => readonly Action[];
  /** Throws KeyspacesError for what is refused. */
  readonly run: (input: unknown) => Promise<object>;
}

/** An operation whose input has a shape; what does not fit it is a ValidationException. */
export function operation<Shape extends z.ZodType>(
  shape: Shape,
  needs: Action | ((input: z.infer<Shape>) => readonly Action[]),
  run: (input: z.infer<Shape>) => object | Promise<object>,
): JsonOperation {
  return {
    needs: (input) => (typeof needs === 'string' ? [needs] : needs(parsed(shape, input))),
    run: async (input) => run(parsed(shape, input)),
  };
}

function parsed<Shape extends z.ZodType>(shape: Shape, input: unknown): z.infer<Shape> {
  const result = shape.safeParse(input);
  if (result.success) return result.data;
  const faults = result.error.issues.map(({ path, message }) => `Value at '${path.join('.')}': ${message}`);
  throw invalid(`${faults.length} validation error(s) detected: ${faults.join('; ')}`);
}
