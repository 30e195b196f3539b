/** Whose resources the stand-in holds. */
export interface Account {
  readonly region: string;
  readonly accountId: string;
}

export function keyspaceArn({ region, accountId }: Account, keyspace: string): string {
  return `arn:aws:cassandra:${region}:${accountId}:/keyspace/${keyspace}/`;
}

export function tableArn(account: Account, keyspace: string, table: string): string {
  return `${keyspaceArn(account, keyspace)}table/${table}`;
}

export function streamArn(account: Account, keyspace: string, table: string, label: string): string {
  return `${tableArn(account, keyspace, table)}/stream/${label}`;
}

interface Resource {
  readonly keyspace: string;
  readonly table: string | undefined;
  /** Its label. */
  readonly stream: string | undefined;
}

/** What the ARN of a keyspace, table or stream names; undefined for any other text. */
export function resourceOf(account: Account, arn: string): Resource | undefined {
  const match =
    /^(arn:aws:cassandra:[\w-]+:\d{12}:)\/keyspace\/(\w+)\/(?:table\/(\w+)(?:\/stream\/([\w.:-]+))?\/?)?$/.exec(arn);
  if (!match || match[1] !== `arn:aws:cassandra:${account.region}:${account.accountId}:`) return undefined;
  return { keyspace: match[2]!, table: match[3], stream: match[4] };
}
