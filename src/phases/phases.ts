import type { PhaseName } from '../model/phase.ts';
import { cutover } from './cutover.ts';
import { deployAgent } from './deploy-agent.ts';
import type { Phase } from './phase.ts';
import { snapshotMigrate } from './snapshot-migrate.ts';
import { startSink } from './start-sink.ts';
import { startSource } from './start-source.ts';
import { validate } from './validate.ts';

export const phases: Readonly<Record<PhaseName, Phase>> = {
  'deploy-agent': deployAgent,
  'start-source': startSource,
  'snapshot-migrate': snapshotMigrate,
  validate,
  'start-sink': startSink,
  cutover,
};
