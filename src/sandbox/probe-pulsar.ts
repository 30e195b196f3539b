/** True when Pulsar serves its default namespace. The HTTP port opens about a second before that exists. */
export async function isPulsarReady(pulsar: { readonly adminUrl: string }, timeoutMs = 2000): Promise<boolean> {
  for (const path of ['namespaces/public/default', 'persistent/public/default']) {
    if (!(await answersOk(`${pulsar.adminUrl}/admin/v2/${path}`, timeoutMs))) return false;
  }
  return true;
}

async function answersOk(url: string, timeoutMs: number): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}
