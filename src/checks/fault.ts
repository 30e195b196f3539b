import type { Finding } from '../model/finding.ts';

export function fault(check: string, expected: string, found: string, next: string): Finding {
  return { severity: 'fault', check, expected, found, next };
}
