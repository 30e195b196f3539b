const controller = new AbortController();
let isWatching = false;

/** Ctrl-C or SIGTERM asks once; what is in hand is finished and saved. A second Ctrl-C ends the process at once. */
export function interruptSignal(): AbortSignal {
  if (!isWatching) {
    process.on('SIGINT', interrupt);
    process.on('SIGTERM', interrupt);
  }
  isWatching = true;
  return controller.signal;
}

function interrupt(): void {
  if (controller.signal.aborted) process.exit(130);
  controller.abort(new DOMException('interrupted by the operator', 'AbortError'));
}
