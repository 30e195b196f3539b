import { join } from 'node:path';
import { parseDocument } from 'yaml';
import type { SandboxPulsar } from './sandbox-state.ts';

/** The distribution's own `functions_worker.yml`, for a worker inside of the broker that keeps all of its files in the sandbox. */
export function functionsConf(shipped: string, pulsar: SandboxPulsar, home: string): string {
  const document = parseDocument(shipped);
  const own = {
    workerHostname: pulsar.address,
    pulsarServiceUrl: pulsar.serviceUrl,
    pulsarWebServiceUrl: pulsar.adminUrl,
    downloadDirectory: join(pulsar.dir, 'functions'),
    narExtractionDirectory: join(pulsar.dir, 'nar'),
    functionRuntimeFactoryClassName: 'org.apache.pulsar.functions.runtime.process.ProcessRuntimeFactory',
    functionRuntimeFactoryConfigs: {
      logDirectory: join(pulsar.dir, 'log'),
      javaInstanceJarLocation: join(home, 'instances', 'java-instance.jar'),
      // Without it the worker does not start, although nobody runs Python.
      pythonInstanceLocation: join(home, 'instances', 'python-instance', 'python_instance_main.py'),
      extraFunctionDependenciesDir: join(home, 'instances', 'deps'),
    },
  };
  for (const [key, value] of Object.entries(own)) document.set(key, document.createNode(value));
  return document.toString();
}
