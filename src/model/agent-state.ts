/** How one agent stands, as it says every two seconds on the topic `agents` and in state.json in its folder. */
export interface AgentState {
  /** Host id of its node. */
  readonly node: string;
  readonly atMicros: bigint;
  readonly mode: 'commitlog' | 'cdc';
  readonly level: FillLevel;
  readonly fill: Fill;
  /** Of the last minute; less than zero while it empties. */
  readonly growthBytesPerSecond: number;
  /** Until the fill reaches its limit, if it goes on growing so; absent while it does not grow. */
  readonly secondsToFull?: number;
  readonly segmentsHeld: number;
  /** Why nothing is published just now. */
  readonly waitsFor?: string;
  /** Deleted unread since the agent started. */
  readonly released: { readonly segments: number; readonly bytes: number };
  /** Records of counter tables since the agent started: seen, and not published. */
  readonly counterRecords: number;
  readonly residentBytes: number;
  /** Of one core, over the last seconds. */
  readonly cpuPercent: number;
}

/** critical: the action that was agreed for it has begun. */
export type FillLevel = 'ok' | 'warn' | 'critical';

/** What unpublished segments take, and what they may take. */
export interface Fill {
  readonly bytes: number;
  readonly limitBytes: number;
  /** What sets the limit: cdc_total_space of the node, capture.folderCapMiB, or the free space of the filesystem. */
  readonly limitedBy: 'cdc_total_space' | 'folder cap' | 'free space';
}

export function encodeAgentState(state: AgentState): Buffer {
  return Buffer.from(JSON.stringify({ ...state, atMicros: `${state.atMicros}` }));
}

/** Undefined for what no agent has said. */
export function decodeAgentState(payload: Buffer): AgentState | undefined {
  try {
    const state = JSON.parse(payload.toString());
    if (typeof state?.node !== 'string' || typeof state.fill?.bytes !== 'number') return undefined;
    return { ...state, atMicros: BigInt(state.atMicros) };
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
