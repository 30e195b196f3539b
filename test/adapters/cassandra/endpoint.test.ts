import { expect, it } from 'vitest';
import { parseContactPoint } from '../../../src/adapters/cassandra/endpoint.ts';

it.each([
  ['10.0.0.1', '10.0.0.1', 9042],
  ['node.example:9142', 'node.example', 9142],
  ['[::1]:9142', '::1', 9142],
  ['[fe80::1]', 'fe80::1', 9042],
  ['fe80::1', 'fe80::1', 9042],
])('the contact point %s is host %s and port %i', (text, host, port) => {
  expect(parseContactPoint(text)).toEqual({ host, port });
});
