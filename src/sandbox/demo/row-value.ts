/** A text for what the driver decoded: two values are the same exactly when their texts are. */
export function valueText(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (Buffer.isBuffer(value)) return `0x${value.toString('hex')}`;
  if (value instanceof Date) return `Date(${value.getTime()})`;
  if (Array.isArray(value)) return `[${value.map(valueText).join(', ')}]`;
  if (value instanceof Set) return `{${[...value].map(valueText).join(', ')}}`;
  if (value instanceof Map)
    return `{${[...value].map(([key, inner]) => `${valueText(key)}: ${valueText(inner)}`).join(', ')}}`;
  if (typeof value === 'string') return JSON.stringify(value);
  // As text, minus zero and zero are the same.
  if (Object.is(value, -0)) return '-0';
  if (typeof value === 'object') return objectText(value);
  return String(value);
}

/** The driver's own types print themselves under their name; a user-defined type is a plain object. */
function objectText(value: object): string {
  const type = value.constructor;
  if (type === Object) {
    const fields = Object.entries(value).map(([field, inner]) => `${field}: ${valueText(inner)}`);
    return `(${fields.join(', ')})`;
  }
  if (type.name === 'Tuple') return `Tuple${valueText((value as { elements: unknown[] }).elements)}`;
  // Its printed form joins nanoseconds to units; the parts tell more.
  if (type.name === 'Duration') {
    const { months, days, nanoseconds } = value as { months: number; days: number; nanoseconds: object };
    return `Duration(${months}, ${days}, ${nanoseconds})`;
  }
  return `${type.name}(${value})`;
}
