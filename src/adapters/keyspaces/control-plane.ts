import { Agent } from 'node:https';
import {
  ConflictException,
  CreateKeyspaceCommand,
  CreateTableCommand,
  type CreateTableCommandInput,
  CreateTypeCommand,
  GetKeyspaceCommand,
  GetTableCommand,
  type GetTableCommandOutput,
  GetTypeCommand,
  KeyspacesClient,
  ListTagsForResourceCommand,
  ResourceNotFoundException,
} from '@aws-sdk/client-keyspaces';
import { OperatorError } from '../../errors.ts';
import type { DefinedColumn, DefinedKeyspace } from '../../model/target-definition.ts';
import type { KeyspacesEndpoint, KeyspacesFacts } from './keyspaces-endpoint.ts';

export type FoundTable = GetTableCommandOutput & { readonly tags: Readonly<Record<string, string>> };

export interface FoundType {
  readonly status: string;
  readonly fields: readonly DefinedColumn[];
}

/** The few operations that we need; what does not exist is undefined, what exists already is not created again. */
export interface ControlPlane {
  /** Its status in this Region. */
  keyspace(name: string, signal?: AbortSignal): Promise<string | undefined>;
  type(keyspace: string, name: string, signal?: AbortSignal): Promise<FoundType | undefined>;
  table(keyspace: string, name: string, signal?: AbortSignal): Promise<FoundTable | undefined>;
  createKeyspace(wanted: DefinedKeyspace, signal?: AbortSignal): Promise<void>;
  createType(keyspace: string, name: string, fields: readonly DefinedColumn[], signal?: AbortSignal): Promise<void>;
  createTable(input: CreateTableCommandInput, signal?: AbortSignal): Promise<void>;
  close(): void;
}

const usualTimeoutMs = 15_000;

/** AWS's client of the Region; transient faults and throttling are repeated by it, with backoff. */
export function openControlPlane(
  { region, controlPlane: endpoint }: KeyspacesEndpoint,
  { credentials, certificateAuthorities }: Pick<KeyspacesFacts, 'credentials' | 'certificateAuthorities'>,
  requestTimeoutMs = usualTimeoutMs,
): ControlPlane {
  const client = new KeyspacesClient({
    region,
    credentials,
    maxAttempts: 6,
    ...(endpoint !== undefined && { endpoint }),
    requestHandler: {
      requestTimeout: requestTimeoutMs,
      // Without it a service that hangs is waited for without end.
      throwOnRequestTimeout: true,
      httpsAgent: new Agent({ keepAlive: true, ca: [...certificateAuthorities] }),
    },
  });
  const options = (signal: AbortSignal | undefined) => ({ ...(signal && { abortSignal: signal }) });
  return {
    keyspace: (keyspaceName, signal) =>
      absentIsUndefined(`keyspace ${keyspaceName}`, signal, async () => {
        const found = await client.send(new GetKeyspaceCommand({ keyspaceName }), options(signal));
        const here = found.replicationGroupStatuses?.find((status) => status.region === region);
        return here?.keyspaceStatus ?? 'ACTIVE';
      }),
    type: (keyspaceName, typeName, signal) =>
      absentIsUndefined(`type ${keyspaceName}.${typeName}`, signal, async () => {
        const found = await client.send(new GetTypeCommand({ keyspaceName, typeName }), options(signal));
        const fields = (found.fieldDefinitions ?? []).map(({ name, type }) => ({ name: name!, type: type! }));
        return { status: found.status ?? 'ACTIVE', fields };
      }),
    table: (keyspaceName, tableName, signal) =>
      absentIsUndefined(`table ${keyspaceName}.${tableName}`, signal, async () => {
        const found = await client.send(new GetTableCommand({ keyspaceName, tableName }), options(signal));
        return { ...found, tags: await tagsOf(client, found.resourceArn!, options(signal)) };
      }),
    createKeyspace: ({ name, regions }, signal) =>
      presentIsDone(`keyspace ${name}`, signal, async () => {
        const isMulti = regions.length > 1;
        const replicationSpecification = isMulti
          ? { replicationStrategy: 'MULTI_REGION' as const, regionList: [...regions] }
          : { replicationStrategy: 'SINGLE_REGION' as const };
        await client.send(new CreateKeyspaceCommand({ keyspaceName: name, replicationSpecification }), options(signal));
      }),
    createType: (keyspaceName, typeName, fields, signal) =>
      presentIsDone(`type ${keyspaceName}.${typeName}`, signal, async () => {
        const fieldDefinitions = fields.map((field) => ({ ...field }));
        await client.send(new CreateTypeCommand({ keyspaceName, typeName, fieldDefinitions }), options(signal));
      }),
    createTable: (input, signal) =>
      presentIsDone(`table ${input.keyspaceName}.${input.tableName}`, signal, async () => {
        await client.send(new CreateTableCommand(input), options(signal));
      }),
    close: () => client.destroy(),
  };
}

async function tagsOf(
  client: KeyspacesClient,
  resourceArn: string,
  options: object,
): Promise<Readonly<Record<string, string>>> {
  const all: [string, string][] = [];
  let nextToken: string | undefined;
  do {
    const page = await client.send(new ListTagsForResourceCommand({ resourceArn, nextToken }), options);
    for (const { key, value } of page.tags ?? []) all.push([key!, value!]);
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
  return Object.fromEntries(all);
}

async function absentIsUndefined<T>(
  what: string,
  signal: AbortSignal | undefined,
  ask: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined;
    throw failure(`to look at ${what}`, signal, error);
  }
}

/** A create that was repeated after a lost answer meets its own work; who calls looks at what is there afterwards. */
async function presentIsDone(
  what: string,
  signal: AbortSignal | undefined,
  create: () => Promise<void>,
): Promise<void> {
  try {
    await create();
  } catch (error) {
    if (!(error instanceof ConflictException)) throw failure(`to create ${what}`, signal, error);
  }
}

function failure(doing: string, signal: AbortSignal | undefined, error: unknown): unknown {
  if (signal?.aborted) return signal.reason;
  if (error instanceof OperatorError || !(error instanceof Error)) return error;
  return new OperatorError(
    { expected: `Amazon Keyspaces ${doing}`, found: `${error.name}: ${error.message}`, next: nextStep(error.name) },
    { cause: error },
  );
}

function nextStep(name: string): string {
  if (name === 'AccessDeniedException') return 'grant the action it names to the role that cdcmig runs as';
  if (name === 'ServiceQuotaExceededException') return 'ask for a higher quota of the account, then run again';
  if (/Signature|UnrecognizedClient|ExpiredToken/.test(name))
    return 'check the credentials, and that this machine’s clock is right';
  if (name === 'ValidationException') return 'mend what it names, in target or in the schema of the source';
  return 'see that the endpoint can be reached, then run again';
}
