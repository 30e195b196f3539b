import { PulsarError } from './pulsar-error.ts';
import type { OutgoingMessage } from './types.ts';

/** `MessageTooBig`, with the message: so who sends many keeps none of them only to know which it was. */
export class TooBigError extends PulsarError {
  readonly refused: OutgoingMessage;

  constructor(refused: OutgoingMessage, reason: string) {
    super('MessageTooBig', reason);
    this.refused = refused;
  }
}
