import { RuleRefusal } from '../rule-book.ts';
import type { Session } from './session.ts';

type Action = 'Select' | 'Modify' | 'Create' | 'Alter' | 'Drop' | 'Restore';

/** Throws the refusal that a user without the right gets. */
export function throwUnlessAllowed({ may, user }: Session, action: Action): void {
  if (may && !may(action)) throw new RuleRefusal('authentication', 0x2100, `User ${user} has no permissions.`);
}
