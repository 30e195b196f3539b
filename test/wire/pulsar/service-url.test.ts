import { expect, test } from 'vitest';
import { parseBrokerUrl, splitServiceUrl } from '../../../src/wire/pulsar/service-url.ts';

test('a service URL may name several brokers', () => {
  expect(splitServiceUrl('pulsar+ssl://a:6651,b:7000/')).toEqual(['pulsar+ssl://a:6651', 'pulsar+ssl://b:7000']);
});

test.each([
  ['pulsar://broker', { isSecure: false, host: 'broker', port: 6650 }],
  ['pulsar+ssl://broker', { isSecure: true, host: 'broker', port: 6651 }],
  ['pulsar://[::1]:7000', { isSecure: false, host: '::1', port: 7000 }],
])('%s is read', (url, expected) => {
  expect(parseBrokerUrl(url)).toEqual(expected);
});

test.each(['http://broker:6650', 'broker:6650', 'pulsar://', 'pulsar://a b:x'])('%s is refused', (url) => {
  expect(() => parseBrokerUrl(url)).toThrow('not a broker URL');
});
