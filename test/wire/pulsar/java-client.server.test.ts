import { inject, test } from 'vitest';
import { whyNoJavac } from '../../support/compile-java.ts';
import { javaContract } from './java/java-contract.ts';

const obstacle = await whyNoJavac();
if (obstacle) {
  process.stderr.write(`SKIPPED: the contract with Pulsar's Java client. ${obstacle}\n`);
  test.skip('beside the Java client of Pulsar');
} else javaContract('4.0', async () => inject('sandbox').pulsar);
