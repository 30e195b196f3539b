import { racks } from '../checks/racks.ts';
import { throwIfAny } from '../errors.ts';
import { byRack } from '../model/rack-spread.ts';
import type { SourceNode } from '../ports/source-cluster.ts';
import { inConfiguredOrder } from './node-admin.ts';
import type { NodesContext } from './phase-context.ts';

/**
 * What is restarted at once, group by group, in the order of the configuration. OperatorError where that is a rack and some keyspace's
 * replicas are not such that one may be away: asked at the very moment, also of an undo long after.
 */
export async function nodesAtOnce<Each>(
  each: readonly Each[],
  nodeOf: (one: Each) => SourceNode,
  context: NodesContext,
): Promise<readonly (readonly Each[])[]> {
  const inOrder = inConfiguredOrder(each, nodeOf, context);
  if (context.config.capture.restartAtOnce === 'node') return inOrder.map((one) => [one]);
  throwIfAny(await racks.ask(context));
  return byRack(inOrder, nodeOf);
}
