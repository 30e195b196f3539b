import type { DeadLetters } from '../apply/dead-letters.ts';
import { formatOfSchema } from '../feeds/datastax/format-of-schema.ts';
import { type DataFormat, readDataMessage } from '../feeds/datastax/read-data-message.ts';
import { updateOfImage } from '../feeds/datastax/update-of-image.ts';
import type { Table } from '../model/table.ts';
import type { Message, MessageBus } from '../ports/message-bus.ts';
import type { ReceivedUpdate } from './apply-batch.ts';
import type { DecodedMessages } from './decode-messages.ts';
import { undecodableLetter } from './letters.ts';
import { isPoison } from './refusals.ts';
import { updateToRecopy } from './update-to-recopy.ts';

export interface ImageParts {
  readonly formatOf: (message: Message) => Promise<DataFormat>;
  readonly deadLetters: Pick<DeadLetters, 'add'>;
}

/** The changes that images of the DataStax connector stand for; a row whose image has no write time is read again. */
export async function decodeImages(
  messages: readonly Message[],
  table: Table,
  { formatOf, deadLetters }: ImageParts,
): Promise<DecodedMessages> {
  const updates: ReceivedUpdate[] = [];
  let poisoned = 0;
  for (const message of messages) {
    // Not poison: what cannot be asked now is asked again.
    const format = await formatOf(message).catch(asPoison);
    try {
      if (format instanceof SyntaxError) throw format;
      const image = readDataMessage(message, table, format);
      const update = updateOfImage(image, table, format);
      const writtenAtMicros = image.writeTimeMicros ?? BigInt(message.publishedAtMs) * 1000n;
      const { partitionKey, clustering } = image;
      updates.push({
        update: update ?? updateToRecopy(table, partitionKey, clustering),
        event: undefined,
        writtenAtMicros,
      });
    } catch (error) {
      if (!isPoison(error)) throw error;
      poisoned++;
      const why = { reason: error.message, errorClass: error.name };
      await deadLetters.add({ ...undecodableLetter(message, undefined, why), table: table.name, partitionKey: '' });
    }
  }
  return { updates, unknown: [], poisoned, duplicates: 0 };
}

function asPoison(error: unknown): SyntaxError {
  if (error instanceof SyntaxError) return error;
  throw error;
}

/** Each message names the version of the schema that it was written with. */
export class ImageFormats {
  readonly #bus: Pick<MessageBus, 'schema'>;
  readonly #topic: string;
  readonly #known = new Map<string, DataFormat>();

  constructor(bus: Pick<MessageBus, 'schema'>, topic: string) {
    this.#bus = bus;
    this.#topic = topic;
  }

  async of({ schemaVersion }: Message): Promise<DataFormat> {
    if (schemaVersion === undefined) throw new SyntaxError('a data message without a schema');
    const version = schemaVersion.toString('hex');
    const format = this.#known.get(version) ?? formatOfSchema(await this.#bus.schema(this.#topic, schemaVersion));
    this.#known.set(version, format);
    return format;
  }
}
