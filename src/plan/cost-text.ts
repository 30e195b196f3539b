import type { TableEstimate } from './estimate-table.ts';
import type { BilledUnits, Cost, PlanCost, TableCost } from './plan-cost.ts';
import { usualUtilisation } from './price.ts';
import { bytesText, hoursText, roundedText, usdText } from './rounded-text.ts';

/** What a plan costs, for a person. */
export function costText({ tables, total, prices, capacity }: PlanCost): readonly string[] {
  const known = tables.filter(({ cost }) => cost);
  const left = tables.filter(({ cost }) => !cost).map(({ name }) => name);
  const leftOut = left.length > 0 ? `, without ${left.join(', ')}` : '';
  return [
    'cost, estimated from a sample of the source’s rows',
    ...(prices
      ? [
          `  prices: USD of ${prices.source}, without taxes and free tier${paidBy(capacity)}${elsewhere(prices.otherRegions)}`,
        ]
      : []),
    ...tables.flatMap(tableText),
    ...(known.length > 0
      ? [`  in sum${leftOut}: ${roundedText(total.rows)} rows${spreadText(total.spread)}`, ...workText(total)]
      : []),
    ...(known.length > 0 ? nightlyText(total) : []),
  ];
}

function paidBy(capacity: PlanCost['capacity']): string {
  if (!capacity) return '';
  const { writeUnits, readUnits } = capacity;
  const used = `${Math.round(usualUtilisation * 100)} % of it used`;
  return `; each table provisioned with ${roundedText(writeUnits)} write and ${roundedText(readUnits)} read units a second, ${used}`;
}

function elsewhere(regions: readonly string[]): string {
  return regions.length === 0 ? '' : `; replicas in ${regions.join(', ')} are billed besides`;
}

function tableText({ name, isCounter, expires, estimate, unknown, cost }: TableCost): readonly string[] {
  if (!estimate || !cost) return [`  ${name}: not known: ${unknown}`];
  if (estimate.rows === 0 && estimate.basis === 'counted' && estimate.partitions === 0) return [`  ${name}: empty`];
  return [
    `  ${name}: ${rowsText(estimate)}${cost.bill ? `; ${encodedText(estimate)}` : ''}`,
    ...workText(cost, isCounter),
    ...ttlText(estimate, expires),
  ];
}

function rowsText({ basis, rows, partitions, spread, sampledRows }: TableEstimate): string {
  const counts = `${roundedText(rows)} rows in ${roundedText(partitions)} partitions`;
  if (basis === 'counted') return `${counts}, all of them read`;
  if (basis === 'sampled') return `about ${counts}${spreadText(spread)}, ${sampledRows} rows sampled`;
  return `roughly ${counts}, by the nodes’ size estimates: its partitions are larger than a sample reads`;
}

function encodedText({ encodedRowBytes, rows, writeUnits }: TableEstimate): string {
  // What one byte more than a unit costs shows here.
  const units = rows === 0 ? 0 : writeUnits / rows;
  return `encoded a row has ${roundedText(encodedRowBytes)} bytes on average (±5 %) and takes ${roundedText(units)} write ${units === 1 ? 'unit' : 'units'}`;
}

function workText({ copyBytes, validationBytes, bill }: Cost, isCounter = false): readonly string[] {
  const copy = isCounter ? 'copy of the counters, at cutover' : 'snapshot';
  if (!bill)
    return [
      `    ${copy}: reads ${bytesText(copyBytes)} of the source`,
      `    a validation of everything: reads ${bytesText(validationBytes)} of each side`,
    ];
  const { writes, reads, storageBytes, storageUsdMonth } = bill;
  return [
    `    ${copy}: ${unitsText(writes, 'write')}; reads ${bytesText(copyBytes)} of the source`,
    `    a validation of everything: ${unitsText(reads, 'read')}; reads ${bytesText(validationBytes)} of each side`,
    `    storage: ${bytesText(storageBytes)}, ${usdText(storageUsdMonth)} a month`,
  ];
}

function unitsText({ units, onDemandUsd, provisioned }: BilledUnits, kind: 'write' | 'read'): string {
  const text = `${roundedText(units)} ${kind} units, ${usdText(onDemandUsd)} on demand`;
  return provisioned ? `${text}, ${usdText(provisioned.usd)} as provisioned in ${hoursText(provisioned.hours)}` : text;
}

function spreadText(spread: number | undefined): string {
  if (spread === undefined) return ', roughly';
  return spread === 0 ? '' : ` (±${Math.max(1, Math.round(spread * 100))} %)`;
}

/** CQL tells no remaining time of keys, of counters and of what is stored element by element. */
function ttlText({ ttl, sampledRows, answerBytes, rows }: TableEstimate, expires: boolean): readonly string[] {
  const { columns, expiringRows } = ttl;
  if (columns === 0 || rows === 0) return [];
  const added = `${roundedText(ttl.answerBytes / rows)} of the ${roundedText(answerBytes / rows)} bytes that a row is read as`;
  const expiring = `${expiringRows === 0 ? 'none' : roundedText(expiringRows)} of ${sampledRows} sampled rows expire`;
  const reader = expires ? 'are read' : 'are read by validations only, not by the snapshot (snapshot.tables)';
  return [
    `    remaining times (TTL) of ${columns} ${columns === 1 ? 'column' : 'columns'} ${reader}, ${added}; ${expiring}`,
  ];
}

const nights = 30;

function nightlyText({ bill, validationBytes }: Cost): readonly string[] {
  const what = bill
    ? `${usdText(nights * (bill.reads.provisioned?.usd ?? bill.reads.onDemandUsd))} for ${nights} nights, besides ${bytesText(validationBytes)} a night from each side`
    : `${bytesText(validationBytes)} a night from each side`;
  return [
    `    validated every night: ${what}; \`validate --sample 10\` reads a tenth of it,`,
    '      and `validate --since last` only the rows that changed since a validation of everything was equal',
  ];
}
