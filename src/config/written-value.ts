import { z } from 'zod';

export const text = z.string().min(1);

/** A value kept elsewhere: `env:NAME` or `file:/path`. Secrets are never written into the file itself. */
export const reference = z.string().regex(/^(env:\w+|file:.+)$/, 'must be a reference: env:NAME or file:/path');

export const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'must be a SHA-256 in 64 lower-case hexadecimal digits');
