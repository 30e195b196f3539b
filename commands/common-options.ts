import { Option } from 'commander';

export interface CommonOptions {
  readonly config: string;
  readonly json?: true;
}

export function configOption(): Option {
  return new Option('--config <file>', 'configuration').default('cdcmig.yaml');
}

export function jsonOption(): Option {
  return new Option('--json', 'JSON on stdout, for programs');
}
