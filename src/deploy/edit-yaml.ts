/**
 * The same YAML with these settings at its top level, line by line: comments, order and everything else stay as they are. For
 * settings whose values stand on their line, which is all that is asked of cassandra.yaml.
 */
export function editYaml(text: string, settings: Readonly<Record<string, string | boolean>>): string {
  return Object.entries(settings).reduce((edited, [key, value]) => withSetting(edited, key, String(value)), text);
}

/** Each of its lines, should there be several: Cassandra goes by the last one. */
function withSetting(text: string, key: string, value: string): string {
  const lines = new RegExp(`^${key}[ \\t]*:[ \\t]*(.*)$`, 'gm');
  const setting = `${key}: ${written(value)}`;
  if (!lines.test(text)) return `${text}${text === '' || text.endsWith('\n') ? '' : '\n'}${setting}\n`;
  return text.replace(lines, (line, found: string) => (plainValue(found) === value ? line : setting));
}

/** In quotes where YAML would take a part of it for something else. */
function written(value: string): string {
  return /^[\w/.][\w/.+ $&-]*$/.test(value) ? value : `'${value.replaceAll("'", "''")}'`;
}

function plainValue(written: string): string {
  const value = written.replace(/\s+#.*$/, '').trim();
  return /^(["']).*\1$/.test(value) ? value.slice(1, -1) : value;
}
