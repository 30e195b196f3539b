/** The six steps of a migration, in the order in which an operator takes them. */
export const phaseNames = [
  'deploy-agent',
  'start-source',
  'snapshot-migrate',
  'validate',
  'start-sink',
  'cutover',
] as const;

export type PhaseName = (typeof phaseNames)[number];
