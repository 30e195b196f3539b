import type { Prices } from '../config/prices.ts';

const bytesOfReadUnit = 4096;
const gigabyte = 2 ** 30;

/** Of a scan at LOCAL_QUORUM, whose pages add up the bytes of their rows. */
export function scanUnitsOf(encodedBytes: number): number {
  return Math.ceil(encodedBytes / bytesOfReadUnit);
}

export function storagePerMonth(bytes: number, prices: Prices): number {
  return (bytes / gigabyte) * prices.storageGigabyteMonth;
}

/** On demand, USD. */
export function writesOnDemand(units: number, prices: Prices): number {
  return (units * prices.writesPerMillion) / 1e6;
}

export function readsOnDemand(units: number, prices: Prices): number {
  return (units * prices.readsPerMillion) / 1e6;
}

/** The share of a provisioned capacity that is made use of: AWS's own calculator assumes as much. */
export const usualUtilisation = 0.7;

export interface ProvisionedWork {
  readonly hours: number;
  readonly usd: number;
}

/** How long so many units take at a provisioned capacity, and what the capacity costs meanwhile. */
export function provisioned(
  units: number,
  unitsPerSecond: number,
  unitHourPrice: number,
  utilisation = usualUtilisation,
): ProvisionedWork {
  const hours = units / (unitsPerSecond * utilisation * 3600);
  return { hours, usd: hours * unitsPerSecond * unitHourPrice };
}
