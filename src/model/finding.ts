/** Something found before acting. A fault keeps the phase from starting; a warning is shown and remembered. */
export interface Finding {
  readonly severity: 'fault' | 'warning';
  /** What was asked. */
  readonly check: string;
  readonly expected: string;
  readonly found: string;
  readonly next: string;
}

export function faultsIn(findings: readonly Finding[]): readonly Finding[] {
  return findings.filter((finding) => finding.severity === 'fault');
}
