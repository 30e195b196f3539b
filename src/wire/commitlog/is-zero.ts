/** Whether all bytes are zeros, from one on: what a node has made room for and not written. */
export function isZero(bytes: Buffer, from = 0): boolean {
  for (let i = from; i < bytes.length; i++) if (bytes[i] !== 0) return false;
  return true;
}
