/** What Amazon Keyspaces costs, USD. */
export interface Prices {
  /** On demand, a million units. */
  readonly writesPerMillion: number;
  readonly readsPerMillion: number;
  /** Provisioned, a unit for an hour. */
  readonly writeUnitHour: number;
  readonly readUnitHour: number;
  readonly storageGigabyteMonth: number;
}

/** Of us-east-1, from AWS's price file of that day. */
export const publishedPrices = {
  region: 'us-east-1',
  published: '2025-11-05',
  prices: {
    writesPerMillion: 0.625,
    readsPerMillion: 0.125,
    writeUnitHour: 0.00065,
    readUnitHour: 0.00013,
    storageGigabyteMonth: 0.25,
  },
} as const satisfies { readonly region: string; readonly published: string; readonly prices: Prices };
