import { expect, test } from 'vitest';
import { throwOnOtherMode } from '../../src/phases/capture-mode.ts';
import type { PhaseContext } from '../../src/phases/phase-context.ts';
import type { CaptureRecord } from '../../src/state/ledger-event.ts';

const configured = (mode: CaptureRecord['mode']) => ({ config: { capture: { mode } } }) as PhaseContext;
const prepared = (mode: CaptureRecord['mode'], isUndone?: true) => ({ mode, isUndone }) as CaptureRecord;

test.each([
  ['cdc', 'commitlog'],
  ['commitlog', 'cdc'],
] as const)('nodes that are prepared for %s are not captured in %s before an undo', (was, is) => {
  expect(() => throwOnOtherMode(prepared(was), configured(is))).toThrow(`capture.mode: ${was}, for which`);
  throwOnOtherMode(prepared(was), configured(was));
  throwOnOtherMode(prepared(was, true), configured(is));
  throwOnOtherMode(undefined, configured(is));
});
