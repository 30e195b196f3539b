import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** A second, as it is otherwise, is too short for a busy machine. */
const patient = { expect: { poll: { timeout: 15_000 } } };
const slow = { ...patient, testTimeout: 240_000, hookTimeout: 300_000 };

/** Scenarios take longest, however small their files: one that is begun last runs alone at the end. */
class ScenariosFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const { scenarios = [], others = [] } = Object.groupBy(sorted, ({ moduleId }) =>
      moduleId.includes('/test/scenarios/') ? 'scenarios' : 'others',
    );
    return [...scenarios, ...others];
  }
}

/**
 * Three kinds of test, told apart by the file's name:
 * `*.test.ts` needs nothing; `*.server.test.ts` shares one sandbox and owns a keyspace; `*.kill.test.ts` starts servers
 * of its own and kills them, so it runs alone.
 */
export default defineConfig({
  test: {
    sequence: { sequencer: ScenariosFirst },
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/**/*.server.test.ts', 'test/**/*.kill.test.ts', 'test/**/*.soak.test.ts'],
          testTimeout: 60_000,
          ...patient,
        },
      },
      {
        test: {
          name: 'server',
          include: ['test/**/*.server.test.ts'],
          globalSetup: ['test/support/shared-sandbox.ts'],
          ...slow,
        },
      },
      { test: { name: 'kill', include: ['test/**/*.kill.test.ts'], fileParallelism: false, ...slow } },
      { test: { name: 'soak', include: ['test/**/*.soak.test.ts'], fileParallelism: false, testTimeout: 7_200_000 } },
    ],
  },
});
