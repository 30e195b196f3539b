/** What the operator has said about the copying while it runs; the newest word holds for all workers. */
export interface CopyControl {
  readonly isPaused: boolean;
  /** Rows a second that each worker reads; undefined: as fast as it goes. */
  readonly rowsPerSecond: number | undefined;
}

export const unlimited: CopyControl = { isPaused: false, rowsPerSecond: undefined };
