import { shellQuote } from './shell-quote.ts';

const begin = '# cdcmig: what the DataStax agent needs; `cdcmig undo deploy-agent` takes it away';
const end = '# cdcmig: end';

export interface AgentEnvironment {
  /** Exported. */
  readonly environment: Readonly<Record<string, string>>;
  /** Added to JVM_OPTS; letters, digits and ./_+:- only. */
  readonly jvmOption: string;
}

/**
 * The same cassandra-env.sh with one block of ours, at its end or where an older one of ours is: everything else stays as it is.
 * Whatever is in a value, the shell that reads it takes it for nothing but that value.
 */
export function withEnvironment(text: string, { environment, jvmOption }: AgentEnvironment): string {
  const exports = Object.entries(environment).map(([name, value]) => `export ${name}=${shellQuote(value)}`);
  const block = [begin, ...exports, `JVM_OPTS="$JVM_OPTS ${jvmOption}"`, end, ''].join('\n');
  const place = placeOf(text);
  if (place) return text.slice(0, place.from) + block + text.slice(place.to);
  return `${text}${text === '' || text.endsWith('\n') ? '' : '\n'}${block}`;
}

/** Lines by which somebody else has set up a DataStax agent: with ours the node would start two, or one with mixed settings. */
export function otherAgentIn(text: string): readonly string[] {
  const place = placeOf(text);
  const others = place ? text.slice(0, place.from) + text.slice(place.to) : text;
  return others
    .split('\n')
    .filter((line) => !/^\s*#/.test(line))
    .filter((line) => /-javaagent:\S*(agent-(c3|c4|dse4)|cdc-agent)\S*\.jar|\bCDC_PULSAR_SERVICE_URL=/.test(line));
}

/** What our block there gives a variable; undefined where there is none. For values without quotes in them. */
export function valueInBlock(text: string, name: string): string | undefined {
  const place = placeOf(text);
  return place && new RegExp(`^export ${name}='?([^'\\n]*)`, 'm').exec(text.slice(place.from, place.to))?.[1];
}

function placeOf(text: string): { readonly from: number; readonly to: number } | undefined {
  const from = text.indexOf(`${begin}\n`);
  const to = from < 0 ? -1 : text.indexOf(`${end}\n`, from);
  return to < 0 ? undefined : { from, to: to + end.length + 1 };
}
