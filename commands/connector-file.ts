import { readFileSync } from 'node:fs';
import { type Document, isMap, parseDocument, type YAMLMap } from 'yaml';
import type { ConnectorDefinition } from '../src/model/connector-definition.ts';

const template = new URL('../templates/pulsar/cassandra-source.yaml', import.meta.url);

/** The file from which `pulsar-admin sources create --source-config-file` makes this connector, with the template's remarks. */
export function connectorFile({ configs, ...others }: ConnectorDefinition): string {
  const document = parseDocument(readFileSync(template, 'utf8'));
  fill(document, mapAt(document, []), others);
  fill(document, mapAt(document, ['configs']), configs);
  // Quoted, whatever it is: Pulsar reads another version of YAML, in which a table of the name `on` would be true.
  return document.toString({ defaultStringType: 'QUOTE_DOUBLE', defaultKeyType: 'PLAIN', lineWidth: 0 });
}

function mapAt(document: Document, path: readonly string[]): YAMLMap {
  const found = path.length === 0 ? document.contents : document.getIn(path);
  if (isMap(found)) return found as YAMLMap;
  throw new Error(`${template.pathname}: no map at /${path.join('/')}`);
}

/** The map's own values become these; what these do not have goes, with its remark; what only they have comes last. */
function fill(document: Document, map: YAMLMap, values: Readonly<Record<string, unknown>>): void {
  const keys = map.items.map(({ key }) => String(key));
  for (const key of keys) if (!Object.hasOwn(values, key) && !isMap(map.get(key))) map.delete(key);
  for (const [key, value] of Object.entries(values)) {
    const pair = map.items.find((item) => String(item.key) === key);
    // Of its own node: the old one would keep its style.
    if (pair) pair.value = document.createNode(value);
    else map.add(document.createPair(key, value));
  }
}
