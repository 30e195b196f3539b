/** A number of three digits that mean something: what is estimated has no more. */
export function roundedText(value: number): string {
  return value.toLocaleString('en', { maximumSignificantDigits: 3 });
}

export function bytesText(bytes: number): string {
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  return `${roundedText(bytes / 1000 ** power)} ${units[power]}`;
}

const units = ['bytes', 'kB', 'MB', 'GB', 'TB', 'PB'];

export function usdText(usd: number): string {
  if (usd > 0 && usd < 0.005) return 'less than 0.01 USD';
  return usd >= 100 ? `${roundedText(usd)} USD` : `${usd.toFixed(2)} USD`;
}

export function hoursText(hours: number): string {
  if (hours >= 1) return `${roundedText(hours)} h`;
  return hours * 60 >= 1 ? `${roundedText(hours * 60)} min` : 'less than a minute';
}
