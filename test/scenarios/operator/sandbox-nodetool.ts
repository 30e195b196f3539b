import { nodetool } from '../../../src/sandbox/nodetool.ts';
import type { SandboxNode } from '../../../src/sandbox/sandbox-state.ts';

/** `node sandbox-nodetool.ts <folder> <node> <words…>`: Cassandra's own nodetool, as it stands in the path of a node elsewhere. */
const [dir = '', name = '', ...words] = process.argv.slice(2);
process.stdout.write(await nodetool({ dir }, name as SandboxNode['name'], words));
