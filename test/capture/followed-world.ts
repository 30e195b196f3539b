import { expect, vi } from 'vitest';
import { type CaptureWorld, readEvents } from './capture-world.ts';
import { type KillableAgent, killableAgent } from './killable-agent.ts';

export interface Followed {
  readonly world: CaptureWorld;
  readonly agent: KillableAgent;
}

/** Starts the agent of a world, and waits until it has said something. */
export async function followedBy(world: CaptureWorld): Promise<Followed> {
  const agent = killableAgent(world.settings);
  agent.start();
  await vi.waitFor(async () => expect(await readEvents(world)).not.toEqual([]), { timeout: 30_000, interval: 300 });
  return { world, agent };
}
