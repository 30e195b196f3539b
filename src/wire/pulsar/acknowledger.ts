import { abortable } from './abortable.ts';
import { AckSender } from './ack-sender.ts';
import { type AckTarget, BatchAcks } from './batch-acks.ts';
import { lastSafeEntry } from './chunk-acks.ts';
import type { Intake } from './intake.ts';
import type { MessageId } from './message-id.ts';
import type { PulsarError } from './pulsar-error.ts';

/** From "this message is done" to what the broker is told: whole entries, parts of batches, all chunks of a message. */
export class Acknowledger {
  private readonly intake: Intake;
  private readonly sender: AckSender;
  private readonly batches: BatchAcks;

  constructor(intake: Intake, isByIndex: boolean) {
    this.intake = intake;
    this.sender = new AckSender(intake.subscriber);
    this.batches = new BatchAcks(isByIndex);
  }

  /** The messages of one entry are about to be handed out. */
  received(ids: readonly MessageId[]): void {
    this.batches.received(ids);
  }

  /** A rejection that nobody waits for is nobody's unhandled error: the message comes again. */
  ack(id: MessageId, signal?: AbortSignal): Promise<void> {
    const targets = id.firstChunk ? this.chunksOf(id) : listOf(this.batches.done(id));
    return targets.length > 0 ? abortable(this.sender.ack(targets), signal) : nothingToTell;
  }

  ackUpTo(id: MessageId, signal?: AbortSignal): Promise<void> {
    const target = this.batches.doneUpTo(id);
    if (target === null) return nothingToTell;
    const entry = { ...target, batchIndex: -1, partition: id.partition };
    this.intake.doneUpTo(entry);
    const safe = lastSafeEntry(entry, this.intake.chunksHeldAt(entry));
    if (safe === null) return nothingToTell;
    const { ledgerId, entryId } = safe;
    return abortable(this.sender.ackUpTo(safe === entry ? target : { ledgerId, entryId }), signal);
  }

  /** The entries to ask for again so that these messages come again. */
  entriesOf(ids: readonly MessageId[]): readonly MessageId[] {
    this.batches.forget(ids);
    return ids.flatMap((id) => {
      const chunks = this.intake.entriesOf(id);
      this.intake.doneWith(id);
      return chunks.length > 0 ? chunks : [id];
    });
  }

  rewind(): void {
    this.batches.clear();
  }

  flush(): Promise<void> {
    return this.sender.flush();
  }

  drop(error: PulsarError): void {
    this.sender.drop(error);
  }

  private chunksOf(id: MessageId): readonly AckTarget[] {
    const entries = this.intake.entriesOf(id);
    this.intake.doneWith(id);
    return entries.map(({ ledgerId, entryId }) => ({ ledgerId, entryId }));
  }
}

const nothingToTell = Promise.resolve();
const noTargets: readonly AckTarget[] = [];

function listOf(target: AckTarget | null): readonly AckTarget[] {
  return target === null ? noTargets : [target];
}
