/** Whether a table's name is meant by a pattern: `*` stands for any letters, `?` for one. */
export function matchesPattern(name: string, pattern: string): boolean {
  const inner = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${inner}$`, 's').test(name);
}

/** A pattern and not a name. */
export function isPattern(text: string): boolean {
  return /[*?]/.test(text);
}
