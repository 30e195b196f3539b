import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Service, Supervisor } from '../../src/ports/supervisor.ts';

export interface SupervisorUnderTest {
  readonly supervisor: Supervisor;
  /** As whom a service can be told to run. */
  readonly user: string | undefined;
  /** What is defined outside of a service's folder, by name. */
  definitions(): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** What every Supervisor does, on this machine. */
export function supervisorContract(name: string, open: () => Promise<SupervisorUnderTest>): void {
  describe(`${name} keeps the contract of Supervisor`, () => {
    let under: SupervisorUnderTest;
    let folder: string;
    let service: Service;

    beforeEach(async () => {
      under = await open();
      folder = await mkdtemp(join(tmpdir(), 'cdcmig-service-'));
      service = aService('echo "$0 $1"; exec sleep 60', ['100% of $HOME', `it's "quoted" \\ `]);
    });

    afterEach(async () => {
      await under.supervisor.remove(service);
      await under.close();
      await rm(folder, { recursive: true });
    });

    function aService(script: string, words: readonly string[]): Service {
      return {
        name: `cdcmig-test-${process.pid}`,
        description: 'a test of cdcmig at 100%',
        user: under.user,
        command: '/bin/sh',
        arguments: ['-c', script, ...words],
        niceness: 3,
        folder,
        logFile: join(folder, 'log'),
        pidFile: join(folder, 'pid'),
      };
    }

    const log = () => readFile(join(folder, 'log'), 'utf8').catch(() => '');

    it('a service is started once, with its words as they are and its output in its log', async () => {
      expect(await under.supervisor.isRunning(service)).toBe(false);
      expect(await under.supervisor.ensureRunning(service)).toBe('started');
      expect(await under.supervisor.ensureRunning(service)).toBe('was running');
      expect(await under.supervisor.isRunning(service)).toBe(true);
      await expect.poll(log).toBe(`100% of $HOME it's "quoted" \\ \n`);
    });

    it('a stopped service does not run, and is started again', async () => {
      await under.supervisor.ensureRunning(service);
      await under.supervisor.stop(service);
      await under.supervisor.stop(service);
      expect(await under.supervisor.isRunning(service)).toBe(false);
      expect(await under.supervisor.ensureRunning(service)).toBe('started');
    });

    it('a service with another definition takes the place of the one that runs', async () => {
      await under.supervisor.ensureRunning(service);
      await expect.poll(log).not.toBe('');
      const other = aService('echo other; exec sleep 61', []);
      expect(await under.supervisor.ensureRunning(other)).toBe('started');
      await expect.poll(log).toContain('other');
      expect(await under.supervisor.isRunning(other)).toBe(true);
      service = other;
    });

    it('of a removed service nothing runs and nothing is left, and removing it again is no error', async () => {
      await under.supervisor.ensureRunning(service);
      await under.supervisor.remove(service);
      expect(await under.supervisor.isRunning(service)).toBe(false);
      expect(await under.definitions()).toEqual([]);
      await under.supervisor.remove(service);
      expect(await under.supervisor.ensureRunning(service)).toBe('started');
    });
  });
}
