import { sizeOfText } from '../../../wire/cql/buffer-writer.ts';
import { opcodes } from '../../../wire/cql/frame.ts';
import type { Reply } from '../engine/reply.ts';
import { bodyOf, voidAnswer } from '../protocol/response-body.ts';

/** Nothing happens with IF NOT EXISTS; the error of its own code without. */
export function alreadyExists(ifNotExists: boolean, keyspace: string, name = ''): Reply {
  if (ifNotExists) return voidAnswer;
  const message = name === '' ? `Cannot add existing keyspace "${keyspace}"` : `Cannot add already existing "${name}"`;
  const body = bodyOf(16 + sizeOfText(message + keyspace + name), (writer) => {
    writer.int(0x2400);
    writer.string(message);
    writer.string(keyspace);
    writer.string(name);
  });
  return { opcode: opcodes.ERROR, body };
}
