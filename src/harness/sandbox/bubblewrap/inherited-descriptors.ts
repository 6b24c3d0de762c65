import { readdirSync, readFileSync } from 'node:fs';

const closeOnExec = 0o2000000;

/** Descriptors above 2 that our children would inherit: whoever started us left them open. Ours close themselves. */
export function inheritedDescriptors(): number[] {
  const all: number[] = [];
  for (const name of readdirSync('/proc/self/fdinfo')) {
    const descriptor = Number(name);
    try {
      const flags =
        /^flags:\s+([0-7]+)$/m.exec(readFileSync(`/proc/self/fdinfo/${name}`, 'utf8'))?.[1] ?? '0';
      // 3 to 5 are replaced by what a command is given
      if (descriptor > 5 && (Number.parseInt(flags, 8) & closeOnExec) === 0) all.push(descriptor);
    } catch {
      // it was closed meanwhile, such as the one that lists the folder
    }
  }
  return all;
}
