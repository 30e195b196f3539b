/** What a Linux program needs of the machine that is to run it. */
export interface ElfPlatform {
  /** As `uname -m` says it. */
  readonly machine: string;
  /** The loader of its C library, which must be there: it differs between glibc and musl. Undefined: it needs none. */
  readonly loader: string | undefined;
}

/** Read from the head of an ELF file (64 bits, little endian); undefined for any other file. */
export function elfPlatform(head: Buffer): ElfPlatform | undefined {
  if (head.length < 64 || head.toString('latin1', 0, 6) !== '\x7fELF\x02\x01') return undefined;
  const machine = machines[head.readUInt16LE(18)];
  return machine === undefined ? undefined : { machine, loader: loaderOf(head) };
}

const machines: Readonly<Record<number, string>> = { 62: 'x86_64', 183: 'aarch64' };

/** The program header of type PT_INTERP names it. */
function loaderOf(head: Buffer): string | undefined {
  const [table, size, count] = [Number(head.readBigUInt64LE(32)), head.readUInt16LE(54), head.readUInt16LE(56)];
  for (let at = table; at < table + count * size; at += size) {
    if (head.readUInt32LE(at) !== interpreter) continue;
    const [begin, length] = [Number(head.readBigUInt64LE(at + 8)), Number(head.readBigUInt64LE(at + 32))];
    return head.toString('utf8', begin, begin + length).replace(/\0+$/, '');
  }
  return undefined;
}

const interpreter = 3;
