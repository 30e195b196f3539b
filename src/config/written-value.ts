import { z } from 'zod';

export const text = z.string().min(1);

/** A value kept elsewhere: `env:NAME` or `file:/path`. Secrets are never written into the file itself. */
export const reference = z.string().regex(/^(env:\w+|file:.+)$/, 'must be a reference: env:NAME or file:/path');
