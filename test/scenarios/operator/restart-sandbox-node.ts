import { findJava } from '../../../src/sandbox/find-java.ts';
import { readSandbox, recordProcess, type ServerName, serverNamed } from '../../../src/sandbox/sandbox-state.ts';
import { endGracefully, spawnServer } from '../../../src/sandbox/server-process.ts';

/** `node restart-sandbox-node.ts <folder> <node>`: as a service manager does it, with the cassandra.yaml that is there. */
const [dir = '', name = ''] = process.argv.slice(2);
const node = serverNamed(readSandbox(dir)!, name as ServerName);
await endGracefully(node, 60_000);
const java = await findJava(process.env);
recordProcess(dir, node.name, spawnServer(java.command, node, ['org.apache.cassandra.service.CassandraDaemon']));
