/** All of them or none: where one fails, those that opened are closed again. */
export async function openAll<Part extends { close(): Promise<void> }>(
  opening: readonly Promise<Part>[],
): Promise<readonly Part[]> {
  const opened = await Promise.allSettled(opening);
  const parts = opened.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const failed = opened.find((one) => one.status === 'rejected');
  if (!failed) return parts;
  await Promise.all(parts.map((part) => part.close()));
  throw failed.reason;
}
