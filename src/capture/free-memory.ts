/**
 * Gives the memory of a large buffer back at once, not when garbage is collected; the buffer and all views of it are empty afterwards.
 * One that shares its memory with others, as small ones and parts do, is left alone.
 */
export function freeMemory({ buffer, byteLength }: Buffer): void {
  const isItsOwn = buffer instanceof ArrayBuffer && buffer.byteLength === byteLength;
  if (isItsOwn && byteLength >= largeBytes) buffer.transfer(0);
}

const largeBytes = 1024 * 1024;
