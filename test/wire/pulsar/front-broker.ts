import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { ByteWriter } from '../../../src/wire/pulsar/byte-writer.ts';
import type { Command, OutgoingCommand } from '../../../src/wire/pulsar/commands.ts';
import { FrameSplitter, writeCommandFrame } from '../../../src/wire/pulsar/frame.ts';

type LookupAnswer = Omit<NonNullable<Command['lookupResponse']>, 'requestId'>;

/** A broker that serves no topic: it answers every lookup alike, and passes on who asks it for another broker, as a proxy does. */
export async function aFrontBroker(answer: LookupAnswer) {
  const wantedBrokers: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    keep(client);
    const frames = new FrameSplitter((command) => onCommand(command));
    client.on('data', (bytes: Buffer) => frames.push(bytes));
    const send = (command: OutgoingCommand) => client.write(frameOf(command));
    function onCommand(command: Command): void {
      if (command.connect?.proxyToBrokerUrl) passOn(client, command);
      else if (command.connect) send({ connected: { serverVersion: 'front', maxMessageSize: 5_242_880 } });
      else if (command.lookup) send({ lookupResponse: { ...answer, requestId: command.lookup.requestId } });
    }
  });

  function passOn(client: Socket, { connect: login }: Command): void {
    const wanted = login!.proxyToBrokerUrl!;
    wantedBrokers.push(wanted);
    const [host, port] = wanted.split(':') as [string, string];
    const broker = connect({ host, port: Number(port) });
    keep(broker);
    broker.write(frameOf({ connect: login }));
    client.removeAllListeners('data');
    client.pipe(broker).pipe(client);
  }

  function keep(socket: Socket): void {
    sockets.add(socket);
    socket.on('error', () => {});
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { serviceUrl: `pulsar://127.0.0.1:${(server.address() as AddressInfo).port}`, wantedBrokers };
}

function frameOf(command: OutgoingCommand): Buffer {
  const writer = new ByteWriter();
  writeCommandFrame(writer, command);
  return writer.written();
}
