import type {
  CommandResult,
  RunOptions,
  Sandbox,
  SandboxSession,
} from '../../src/harness/sandbox/sandbox.ts';

export interface FakeSandbox extends Sandbox {
  /** Commands of all sessions. */
  readonly commands: string[];
  readonly open: () => number;
}

/** A sandbox without processes: a command is answered by the function; `write PATH TEXT` makes a file. */
export function fakeSandbox(
  answer: (
    command: string,
    options: RunOptions,
  ) => Partial<CommandResult> | Promise<Partial<CommandResult>> = () => ({}),
): FakeSandbox {
  const commands: string[] = [];
  let sessions = 0;
  return {
    name: 'fake',
    summary: 'for tests',
    isolated: true,
    limitations: [],
    commands,
    open: () => sessions,
    available: async () => ({ available: true }),
    start: async (): Promise<SandboxSession> => {
      sessions++;
      const files = new Map<string, string>();
      const dispose = async () => void sessions--;
      return {
        async run(command, options) {
          commands.push(command);
          const here = /^cat > (\S+) <<'(\S+)'\n([\s\S]*)\2$/.exec(command);
          if (here) files.set(`/work/${here[1]}`, here[3] ?? '');
          const partial = here ? {} : await answer(command, options);
          return {
            exitCode: 0,
            stdout: '',
            stderr: '',
            truncated: false,
            timedOut: false,
            outOfMemory: false,
            durationMs: 1,
            ...partial,
          };
        },
        readFile: async (path, limit) => {
          const text = files.get(path);
          return text === undefined ? undefined : new TextEncoder().encode(text).subarray(0, limit);
        },
        writeFile: async (path, content) => void files.set(path, content),
        dispose,
        [Symbol.asyncDispose]: dispose,
      };
    },
  };
}
