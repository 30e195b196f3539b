import { createHash } from 'node:crypto';
import { build } from 'esbuild';

export interface BundledProgram {
  readonly text: string;
  /** SHA-256, hexadecimal. The same sources give the same text, so it tells whether a node has this program already. */
  readonly sha256: string;
}

/** One ECMAScript module with all that `entry` imports: it runs where there are no packages. */
export async function bundleProgram(entry: string): Promise<BundledProgram> {
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    platform: 'node',
    format: 'esm',
    target: 'node22',
    legalComments: 'inline',
    logLevel: 'silent',
    // Packages that are CommonJS ask for Node's own modules by require.
    banner: { js: "import { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);" },
  });
  const { contents, text } = outputFiles[0]!;
  return { text, sha256: createHash('sha256').update(contents).digest('hex') };
}
