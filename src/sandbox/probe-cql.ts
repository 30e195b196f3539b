import { connect } from 'node:net';

const consistencyAll = 5;
const opcode = { startup: 0x01, ready: 0x02, query: 0x07, result: 0x08 } as const;

interface CqlEndpoint {
  readonly address: string;
  readonly cqlPort: number;
}

/** True when the node takes CQL connections. Never throws: a refusal is an answer. */
export async function isCqlReady(node: CqlEndpoint, timeoutMs = 2000): Promise<boolean> {
  return (await exchange(node, [startup], timeoutMs)).at(-1) === opcode.ready;
}

/**
 * True when this node of a three-node cluster holds both others for alive: a read at ALL of a table that Cassandra
 * itself keeps three times. Just after a start a node may take connections and still refuse such reads.
 */
export async function seesAllPeers(node: CqlEndpoint, timeoutMs = 5000): Promise<boolean> {
  const read = queryFrame('SELECT parent_id FROM system_distributed.parent_repair_history LIMIT 1', consistencyAll);
  return (await exchange(node, [startup, read], timeoutMs)).at(-1) === opcode.result;
}

/** Sends each frame after the answer to the one before; gives the opcodes of the answers. */
function exchange(node: CqlEndpoint, frames: readonly Buffer[], timeoutMs: number): Promise<number[]> {
  return new Promise((resolve) => {
    const socket = connect(node.cqlPort, node.address);
    const answers: number[] = [];
    let received = Buffer.alloc(0);
    const finish = () => {
      socket.destroy();
      resolve(answers);
    };
    const timer = setTimeout(finish, timeoutMs);
    socket.on('close', () => clearTimeout(timer));
    socket.on('error', finish);
    socket.on('end', finish);
    socket.on('connect', () => socket.write(frames[0]!));
    socket.on('data', (part) => {
      received = Buffer.concat([received, part]);
      if (received.length < headerBytes || received.length < headerBytes + received.readUInt32BE(5)) return;
      answers.push(received[4]!);
      received = Buffer.alloc(0);
      const next = frames[answers.length];
      if (next) socket.write(next);
      else finish();
    });
  });
}

const headerBytes = 9;

function frame(code: number, body: Buffer): Buffer {
  const header = Buffer.from([0x04, 0, 0, 0, code, 0, 0, 0, 0]);
  header.writeUInt32BE(body.length, 5);
  return Buffer.concat([header, body]);
}

const startup = frame(opcode.startup, Buffer.from('\0\x01\0\x0bCQL_VERSION\0\x053.0.0', 'latin1'));

function queryFrame(cql: string, consistency: number): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(cql.length);
  return frame(opcode.query, Buffer.concat([length, Buffer.from(cql, 'latin1'), Buffer.from([0, consistency, 0])]));
}
