import type { SourceNode } from '../../src/ports/source-cluster.ts';

export function aNode(hostId: string, address = '10.0.0.1'): SourceNode {
  return {
    hostId,
    address,
    port: 9042,
    datacenter: 'dc1',
    rack: 'r1',
    releaseVersion: '5.0.9',
    isUp: true,
    tokens: [0n],
  };
}
