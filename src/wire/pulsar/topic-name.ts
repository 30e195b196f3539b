/** The full name of a topic: `t` and `tenant/namespace/t` are short for `persistent://…`. */
export function fullTopicName(topic: string): string {
  if (topic.includes('://')) return topic;
  return topic.includes('/') ? `persistent://${topic}` : `persistent://public/default/${topic}`;
}

/** `<topic>-partition-<n>` */
export function partitionName(topic: string, partition: number): string {
  return `${fullTopicName(topic)}-partition-${partition}`;
}

/** Which partition a topic's name says it is; -1 when it is none. */
export function partitionOf(topic: string): number {
  const match = /-partition-(\d{1,9})$/.exec(topic);
  return match ? Number(match[1]) : -1;
}
