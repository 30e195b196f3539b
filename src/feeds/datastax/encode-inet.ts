/** An address as Java prints it: IPv6 without the double colon. Some of the connector's texts have a slash in front. */
export function encodeInet(written: string): Buffer {
  const text = written.replace(/^[^/]*\//, '');
  if (text.includes(':')) return encodeV6(text);
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255))
    throw new TypeError(`"${written}" is no address`);
  return Buffer.from(parts.map(Number));
}

function encodeV6(text: string): Buffer {
  const [front = '', back, ...others] = text.split('::');
  const words = (part: string) => (part === '' ? [] : part.split(':'));
  const [first, last] = [words(front), words(back ?? '')];
  const missing = back === undefined ? 0 : 8 - first.length - last.length;
  const all = [...first, ...new Array<string>(Math.max(0, missing)).fill('0'), ...last];
  if (others.length > 0 || all.length !== 8 || !all.every((word) => /^[0-9a-f]{1,4}$/i.test(word)))
    throw new TypeError(`"${text}" is no address`);
  return Buffer.from(all.map((word) => word.padStart(4, '0')).join(''), 'hex');
}
