/** Cores as an operator writes them: `2`, `1500m`. */
function formatCpu(cores: number): string {
  const millis = Math.round(cores * 1000);
  return millis % 1000 === 0 ? String(millis / 1000) : `${millis}m`;
}

/** Bytes as an operator writes them: whole Gi where it is one, else Mi (rounded down). */
export function formatMemory(bytes: number): string {
  const mebi = Math.floor(bytes / 1024 ** 2);
  return mebi > 0 && mebi % 1024 === 0 ? `${mebi / 1024}Gi` : `${mebi}Mi`;
}

/** A quantity of a quota resource as an operator writes it. */
export function formatResource(resource: string, value: number): string {
  if (resource.endsWith('memory') || resource.endsWith('storage')) return formatMemory(value);
  if (resource.endsWith('cpu')) return formatCpu(value);
  return String(Math.floor(value));
}
