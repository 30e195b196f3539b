import type { Service } from '../../ports/supervisor.ts';

/** The text of the unit that keeps a service running. It holds no secrets: anybody on the node may read it. */
export function systemdUnit(service: Service): string {
  const { description, user, command, arguments: parameters, folder, niceness, logFile } = service;
  return `[Unit]
Description=${description.replaceAll('%', '%%')}
Wants=network-online.target
After=network-online.target
# It waits for Pulsar and for its node by itself, so nothing it dies of is final.
StartLimitIntervalSec=0

[Service]
Type=exec
${user === undefined ? '' : `User=${user}\n`}WorkingDirectory=${unitPath(folder)}
ExecStart=${[command, ...parameters].map(unitWord).join(' ')}
Restart=always
RestartSec=5
TimeoutStopSec=30
Nice=${niceness}
MemoryMax=${memoryMax}
CPUQuota=${cpuQuota}
LimitNOFILE=65536
NoNewPrivileges=yes
StandardOutput=append:${unitPath(logFile)}
StandardError=append:${unitPath(logFile)}

[Install]
WantedBy=multi-user.target
`;
}

/** The heap is bounded by 192 MB and its peak stays below 300; beyond this it leaks, and the node must not pay for that. */
const memoryMax = '512M';
/** An agent takes hardly more than one core when it catches up; the rest is for compiling and collecting. */
const cpuQuota = '150%';

/** A word of ExecStart: nothing in it is replaced, split or escaped. */
function unitWord(word: string): string {
  const escaped = word.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('%', '%%').replaceAll('$', '$$$$');
  return `"${escaped}"`;
}

function unitPath(path: string): string {
  return path.replaceAll('%', '%%');
}
