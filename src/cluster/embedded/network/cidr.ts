/** The 32 bits of an IPv4 address; undefined for anything else. */
export function parseIpv4(text: string): number | undefined {
  const parts = text.split('.');
  if (parts.length !== 4) return undefined;
  let bits = 0;
  for (const part of parts) {
    if (!/^\d{1,3}$/.test(part) || Number(part) > 255) return undefined;
    bits = bits * 256 + Number(part);
  }
  return bits;
}

/** Whether an IPv4 address lies in a CIDR such as `10.0.0.0/8`. */
export function contains(cidr: string, ip: string): boolean {
  const slash = cidr.indexOf('/');
  const base = parseIpv4(slash < 0 ? cidr : cidr.slice(0, slash));
  const address = parseIpv4(ip);
  if (base === undefined || address === undefined) return false;
  const length = slash < 0 ? 32 : Number(cidr.slice(slash + 1));
  const size = 2 ** (32 - length);
  return Math.floor(base / size) === Math.floor(address / size);
}
