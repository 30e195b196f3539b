import { type ChangeEvent, decodeChangeEvent, type EventMessage, type RecordEvent } from '../model/change-event.ts';

/** Undefined for a message that is no change event, one with numbers that are none among them. */
export function readChangeEvent(message: EventMessage): ChangeEvent | undefined {
  try {
    return decodeChangeEvent(message);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** `node/segment/position`. */
export function originOf({ node, segment, position }: RecordEvent): string {
  return `${node}/${segment}/${position}`;
}
