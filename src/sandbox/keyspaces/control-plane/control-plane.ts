import type { KeyspacesState } from '../keyspaces-state.ts';
import type { JsonService } from './answer-request.ts';
import { keyspaceOperations } from './keyspace-operations.ts';
import { tableOperations } from './table-operations.ts';
import { tagOperations } from './tag-operations.ts';
import { typeOperations } from './type-operations.ts';

/** The control plane of API version 2022-02-10, over the state that CQL sees too. */
export function controlPlane(state: KeyspacesState): JsonService {
  return {
    target: 'KeyspacesService',
    operations: {
      ...keyspaceOperations(state),
      ...tableOperations(state),
      ...typeOperations(state),
      ...tagOperations(state),
    },
  };
}
