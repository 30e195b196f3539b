export interface Ratio {
  readonly value: number;
  /** Twice the standard error, as a share of the value: some nine of ten samples come that near. */
  readonly spread: number;
}

/** Of the sums of both, with what the parts say about how sure it is. One part says nothing about that: then 1. */
export function ratioOf(parts: readonly { readonly of: number; readonly to: number }[]): Ratio {
  const of = parts.reduce((sum, part) => sum + part.of, 0);
  const to = parts.reduce((sum, part) => sum + part.to, 0);
  if (of === 0 || to === 0) return { value: 0, spread: 0 };
  const value = of / to;
  if (parts.length === 1) return { value, spread: 1 };
  const squares = parts.reduce((sum, part) => sum + (part.of - value * part.to) ** 2, 0);
  return { value, spread: (2 * Math.sqrt((squares * parts.length) / (parts.length - 1))) / of };
}

/** Of a product of figures that err apart from each other. */
export function spreadTogether(...spreads: readonly number[]): number {
  return Math.sqrt(spreads.reduce((sum, spread) => sum + spread ** 2, 0));
}

/** Of a sum of them. */
export function spreadOfSum(parts: readonly Ratio[]): number {
  const total = parts.reduce((sum, { value }) => sum + value, 0);
  return total === 0 ? 0 : spreadTogether(...parts.map(({ value, spread }) => value * spread)) / total;
}
