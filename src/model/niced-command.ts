/** The command line that runs a program with less weight, 0 to 19. */
export function nicedCommand(program: {
  readonly command: string;
  readonly arguments: readonly string[];
  readonly niceness: number;
}): { readonly command: string; readonly arguments: readonly string[] } {
  return { command: 'nice', arguments: ['-n', `${program.niceness}`, program.command, ...program.arguments] };
}
