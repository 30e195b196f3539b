import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { inject, onTestFinished } from 'vitest';
import { ByteWriter } from '../../../src/wire/pulsar/byte-writer.ts';
import { baseCommand, type Command, type OutgoingCommand } from '../../../src/wire/pulsar/commands.ts';
import { connectPulsar } from '../../../src/wire/pulsar/connect-pulsar.ts';
import { decodeProto } from '../../../src/wire/pulsar/decode-proto.ts';
import { writeCommandFrame } from '../../../src/wire/pulsar/frame.ts';

/**
 * Stands before the real broker and says of every topic that it serves it, so that all traffic goes through it. It can hold
 * up what clients say, cut them off, and go away for good.
 */
async function aBrokerInTheWay(target: { host: string; port: number }) {
  const commands: Command[] = [];
  const clients = new Set<Socket>();
  let [bytesToClients, isHeldUp] = [0, false];
  let passes: (command: Command) => boolean = () => true;
  const server = createServer((client) => {
    const broker = connect(target);
    const take = frameTaker((frame, command) => {
      commands.push(command);
      if (command.lookup) client.write(frameOf({ lookupResponse: ours(command.lookup.requestId) }));
      else if (passes(command)) broker.write(frame);
    });
    client.on('data', take);
    broker.on('data', (bytes: Buffer) => {
      bytesToClients += bytes.length;
      // Its own pace: what the client does not read is not read from the broker.
      if (!client.write(bytes)) broker.pause();
    });
    client.on('drain', () => broker.resume());
    clients.add(client);
    if (isHeldUp) client.pause();
    for (const socket of [client, broker]) {
      socket.on('error', () => {});
      socket.on('close', () => {
        clients.delete(client);
        client.destroy();
        broker.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const serviceUrl = `pulsar://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const ours = (requestId: number) => ({ requestId, response: 1, isAuthoritative: true, brokerUrl: serviceUrl });
  const cutAll = () => {
    for (const client of clients) client.destroy();
  };
  const setHeldUp = (isHeld: boolean) => {
    isHeldUp = isHeld;
    for (const client of clients) isHeld ? client.pause() : client.resume();
  };
  const goAway = () => {
    server.close();
    cutAll();
  };
  onTestFinished(goAway);
  return {
    serviceUrl,
    /** Commands that clients sent. */
    commands: commands as readonly Command[],
    bytesToClients: () => bytesToClients,
    /** From now on nothing gets through to the broker, on old connections and new ones, until `letGo`. */
    holdUp: () => setHeldUp(true),
    letGo: () => setHeldUp(false),
    /** From now on only such commands get through. */
    passOnly(which: (command: Command) => boolean) {
      passes = which;
    },
    cutAll,
    goAway,
  };
}

/** A client of the shared sandbox’s broker, and what stands between them. Both end with the test. */
export async function aClientInTheWay() {
  const { address: host, brokerPort: port } = inject('sandbox').pulsar;
  const front = await aBrokerInTheWay({ host, port });
  const client = await connectPulsar({ serviceUrl: front.serviceUrl });
  onTestFinished(() => client.close());
  return { front, client };
}

/** Whole frames as they came, with the command in them. */
function frameTaker(onFrame: (frame: Buffer, command: Command) => void): (bytes: Buffer) => void {
  let rest = Buffer.alloc(0);
  return (bytes) => {
    rest = Buffer.concat([rest, bytes]);
    while (rest.length >= 4 && rest.length >= 4 + rest.readUInt32BE(0)) {
      const frame = rest.subarray(0, 4 + rest.readUInt32BE(0));
      rest = rest.subarray(frame.length);
      onFrame(frame, decodeProto(baseCommand, frame, 8, 8 + frame.readUInt32BE(4)));
    }
  };
}

function frameOf(command: OutgoingCommand): Buffer {
  const writer = new ByteWriter();
  writeCommandFrame(writer, command);
  return writer.written();
}
