/**
 * The same YAML with these settings at its top level, line by line: comments, order and everything else stay as they are. For
 * settings whose values stand on their line, which is all that is asked of cassandra.yaml.
 */
export function editYaml(text: string, settings: Readonly<Record<string, string | boolean>>): string {
  return Object.entries(settings).reduce((edited, [key, value]) => withSetting(edited, key, String(value)), text);
}

function withSetting(text: string, key: string, value: string): string {
  const line = new RegExp(`^${key}[ \\t]*:[ \\t]*(.*)$`, 'm');
  const found = line.exec(text);
  if (!found) return `${text}${text === '' || text.endsWith('\n') ? '' : '\n'}${key}: ${value}\n`;
  if (plainValue(found[1]!) === value) return text;
  return text.replace(line, () => `${key}: ${value}`);
}

function plainValue(written: string): string {
  const value = written.replace(/\s+#.*$/, '').trim();
  return /^(["']).*\1$/.test(value) ? value.slice(1, -1) : value;
}
