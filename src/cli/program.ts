import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Argument, Command, Option } from 'commander';
import { commandTable, type TableEntry } from './command-table.ts';
import type { Io } from './io.ts';

/** commander's program over the command table. The exit code of the command that ran lands in `result`. */
export function createProgram(io: Io, result: { code: number }): Command {
  const program = new Command('culprit');
  program.configureOutput({
    writeOut: (text) => io.stdout.write(text),
    writeErr: (text) => io.stderr.write(text),
    getOutHelpWidth: () => io.stdout.columns ?? 110,
    getErrHelpWidth: () => io.stderr.columns ?? 110,
  });
  program.exitOverride().helpCommand(false).showSuggestionAfterError(true);
  program.option('-V, --version', 'the version').on('option:version', () => {
    io.stdout.write(`${version()}\n`);
    throw Object.assign(new Error('version'), { code: 'commander.version', exitCode: 0 });
  });
  addCommonOptions(program);
  program.helpInformation = () => onePage(commandTable);
  const groups = new Map<string, Command>();
  for (const entry of commandTable) {
    const words = entry.name.split(' ');
    const leaf = words.at(-1) ?? entry.name;
    const parent = words.length > 1 ? group(program, groups, words[0] ?? '') : program;
    addCommand(parent, leaf, entry, io, result);
  }
  return program;
}

function group(program: Command, groups: Map<string, Command>, name: string): Command {
  let found = groups.get(name);
  if (!found) {
    found = program.command(name).helpCommand(false);
    addCommonOptions(found);
    found.helpInformation = () =>
      onePage(
        commandTable.filter((entry) => entry.name.startsWith(`${name} `)),
        name,
      );
    groups.set(name, found);
  }
  return found;
}

function addCommand(
  parent: Command,
  leaf: string,
  entry: TableEntry,
  io: Io,
  result: { code: number },
): void {
  const command = parent.command(leaf).description(entry.summary);
  for (const [syntax, description] of entry.arguments ?? [])
    command.addArgument(new Argument(syntax, description));
  for (const option of entry.options ?? [])
    command.addOption(new Option(option[0], option[1]).default(option[2]));
  addCommonOptions(command);
  command.action(async () => {
    const options: Record<string, unknown> = {
      json: false,
      verbose: false,
      quiet: false,
      ...command.optsWithGlobals(),
    };
    command.registeredArguments.forEach((argument, index) => {
      options[argument.name()] = command.processedArgs[index];
    });
    const execute = await entry.load();
    // the table's author promises that the entry's flags and arguments are what the command's options type says
    result.code = await execute(options as never, io);
  });
}

/** On every level: `culprit -q build` and `culprit build -q` are the same. */
function addCommonOptions(command: Command): void {
  command.option('--json', 'results as JSON');
  command.option('-v, --verbose', 'more about what happens, and stacks of errors');
  command.option('-q, --quiet', 'no progress');
}

/** Every command with its arguments, one line each: what `culprit --help` shows. */
function onePage(entries: readonly TableEntry[], groupName?: string): string {
  const usage = (entry: TableEntry) =>
    [entry.name, ...(entry.arguments ?? []).map(([syntax]) => syntax)].join(' ');
  const width = Math.max(...entries.map((entry) => usage(entry).length));
  const lines = entries.map((entry) => `  culprit ${usage(entry).padEnd(width)}  ${entry.summary}`);
  return `${groupName ? `culprit ${groupName}` : 'culprit: incidents on Kubernetes, frozen into tasks with proven root causes, and models scored on them'}

${lines.join('\n')}

Every command: --help, --json (results for machines), -v, -q.
Exit codes: 0 ok, 1 findings or failed, 2 usage, 3 something missing, 70 our bug, 130 interrupted.
`;
}

function version(): string {
  const { version: text } = JSON.parse(
    readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8'),
  ) as { version: string };
  return text;
}
