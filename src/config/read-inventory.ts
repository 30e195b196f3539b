import { z } from 'zod';
import { agentShape, inventoryShape, type WrittenAgent } from './agent-shape.ts';

/** The nodes of an inventory, each with what they have in common filled in; or all that is wrong with it. */
export function agentsOfInventory(written: unknown): { readonly agents?: WrittenAgent[]; readonly error?: z.ZodError } {
  const inventory = inventoryShape.safeParse(written ?? {});
  if (!inventory.success) return { error: inventory.error };
  const { defaults, agents } = inventory.data;
  const whole = z.object({ agents: z.array(agentShape) }).safeParse({
    agents: agents.map((agent) => laidOver(defaults, agent)),
  });
  return whole.success ? { agents: whole.data.agents } : { error: whole.error };
}

type Parts = Readonly<Record<string, unknown>>;

/** What an agent says of itself wins; of its login it need only say what is other than usual. */
function laidOver(defaults: Parts, agent: Parts): Parts {
  const ssh = isParts(defaults.ssh) && isParts(agent.ssh) ? { ssh: { ...defaults.ssh, ...agent.ssh } } : {};
  return { ...defaults, ...agent, ...ssh };
}

function isParts(value: unknown): value is Parts {
  return typeof value === 'object' && value !== null;
}
