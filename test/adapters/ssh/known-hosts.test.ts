import { createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import { judgeHostKey, knownKeyTypes } from '../../../src/adapters/ssh/known-hosts.ts';

const key = Buffer.from('a key as it travels');
const other = Buffer.from('another key').toString('base64');
const ours = key.toString('base64');
const node = { host: 'node-1.example.org', port: 22 };

test.each([
  ['its name', `node-1.example.org ssh-ed25519 ${ours}`],
  ['a name among others', `10.0.0.1,node-1.example.org ssh-ed25519 ${ours} comment`],
  ['a pattern', `node-?.example.* ssh-ed25519 ${ours}`],
  ['a name in other letters', `Node-1.Example.org ssh-ed25519 ${ours}`],
  ['a line after comments and empty ones', `# known\n\nnode-1.example.org ssh-ed25519 ${ours}\n`],
])('a key is known by %s', (_, text) => {
  expect(judgeHostKey(text, node, key)).toBe('known');
});

test('a hashed name is recognised', () => {
  const salt = Buffer.from('twenty bytes of salt');
  const hash = createHmac('sha1', salt).update('node-1.example.org').digest('base64');
  const text = `|1|${salt.toString('base64')}|${hash} ssh-ed25519 ${ours}`;
  expect(judgeHostKey(text, node, key)).toBe('known');
  expect(judgeHostKey(text, { ...node, host: 'node-2.example.org' }, key)).toBe('unknown');
});

test('a port of its own is part of the name', () => {
  const text = `[node-1.example.org]:2222 ssh-ed25519 ${ours}`;
  expect(judgeHostKey(text, { ...node, port: 2222 }, key)).toBe('known');
  expect(judgeHostKey(text, node, key)).toBe('unknown');
});

test.each([
  ['nothing is known', '', 'unknown'],
  ['only another host is known', `node-2.example.org ssh-ed25519 ${ours}`, 'unknown'],
  ['the name is excepted', `*.example.org,!node-1.example.org ssh-ed25519 ${ours}`, 'unknown'],
  ['only an authority is known', `@cert-authority *.example.org ssh-ed25519 ${ours}`, 'unknown'],
  ['the dot of a name is no pattern', `node-1xexample.org ssh-ed25519 ${ours}`, 'unknown'],
  ['it has another key', `node-1.example.org ssh-ed25519 ${other}`, 'other'],
  ['the key is revoked', `node-1.example.org ssh-ed25519 ${ours}\n@revoked * ssh-ed25519 ${ours}`, 'revoked'],
])('a key is refused where %s', (_, text, verdict) => {
  expect(judgeHostKey(text, node, key)).toBe(verdict);
});

test('the types of its known keys are told once each', () => {
  const text = [`node-1.example.org ssh-rsa ${ours}`, `* ssh-ed25519 ${ours}`, `@revoked * ssh-dss ${ours}`];
  expect(knownKeyTypes([...text, text[0]!].join('\n'), node)).toEqual(['ssh-rsa', 'ssh-ed25519']);
});
