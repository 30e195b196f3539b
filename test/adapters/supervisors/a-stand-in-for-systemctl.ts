import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Puts a program named systemctl first in the path that does what the supervisor asks of systemd's, for one unit at a time:
 * it believes a unit only as it was when daemon-reload was last asked, and refuses one that it does not know in systemd's words.
 */
export function aStandInForSystemctl(folder: string): {
  readonly environment: Readonly<Record<string, string>>;
  readonly unitFolder: string;
} {
  const [bin, unitFolder, loaded] = ['bin', 'units', 'loaded'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  for (const path of [bin, unitFolder, loaded]) mkdirSync(path);
  writeFileSync(join(bin, 'systemctl'), script);
  chmodSync(join(bin, 'systemctl'), 0o755);
  return { environment: { PATH: `${bin}:${process.env.PATH}`, UNITS: unitFolder, LOADED: loaded }, unitFolder };
}

const script = `#!/bin/sh
verb=$1; shift
for unit; do :; done
known() { [ -e "$LOADED/$unit" ] || { echo "Unit $unit not loaded." >&2; exit 5; }; }
is_active() { [ -e "$LOADED/$unit.pid" ] && kill -0 "$(cat "$LOADED/$unit.pid")" 2>/dev/null; }
stop() {
  is_active && kill "$(cat "$LOADED/$unit.pid")"
  while is_active; do sleep 0.02; done
  rm -f "$LOADED/$unit.pid"
}
start() {
  line=$(sed -n 's/^ExecStart=//p' "$LOADED/$unit" | sed 's/%%/%/g; s/[$][$]/\\\\$/g')
  log=$(sed -n 's/^StandardOutput=append://p' "$LOADED/$unit")
  eval "setsid $line </dev/null >>\\"\\$log\\" 2>&1 &"
  echo $! >"$LOADED/$unit.pid"
}
case $verb in
  daemon-reload) rm -f "$LOADED"/*.service; cp "$UNITS"/*.service "$LOADED" 2>/dev/null; exit 0 ;;
  is-active) is_active || exit 3 ;;
  enable) known ;;
  disable) known; [ "$1" = --now ] && stop; exit 0 ;;
  start) known; is_active || start ;;
  restart) known; stop; start ;;
  stop) known; stop ;;
  *) echo "Unknown command verb $verb." >&2; exit 1 ;;
esac
`;
