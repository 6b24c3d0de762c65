import { getCommandNames, InMemoryFs } from 'just-bash';

/** A read-only folder with an entry for every command of the virtual shell, as it expects them in `/bin`. */
export class CommandFolder extends InMemoryFs {
  constructor() {
    super();
    for (const name of getCommandNames())
      this.writeFileSync(`/${name}`, `#!/bin/bash\n# Built-in command: ${name}\n`, undefined, {
        mode: 0o755,
      });
  }
  override writeFile(path: string): Promise<void> {
    return refuse(path);
  }
  override appendFile(path: string): Promise<void> {
    return refuse(path);
  }
  override mkdir(path: string): Promise<void> {
    return refuse(path);
  }
  override rm(path: string): Promise<void> {
    return refuse(path);
  }
  override cp(_from: string, to: string): Promise<void> {
    return refuse(to);
  }
  override mv(_from: string, to: string): Promise<void> {
    return refuse(to);
  }
  override chmod(path: string): Promise<void> {
    return refuse(path);
  }
  override symlink(_target: string, path: string): Promise<void> {
    return refuse(path);
  }
  override link(_from: string, path: string): Promise<void> {
    return refuse(path);
  }
  override utimes(path: string): Promise<void> {
    return refuse(path);
  }
}

function refuse(path: string): Promise<never> {
  return Promise.reject(new Error(`EROFS: read-only file system, '${path}'`));
}
