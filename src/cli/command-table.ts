import type { Io } from './io.ts';

/** One command. What is not implemented is not in the table: the help never promises what does not work. */
export interface TableEntry {
  /** `doctor`, or group and verb: `scenario validate`. */
  readonly name: string;
  readonly summary: string;
  /** `[syntax, description]`; the value arrives as `options.<name>`: `<file...>` as `options.file: string[]`. */
  readonly arguments?: readonly (readonly [syntax: string, description: string])[];
  /** `[syntax, description, default?]`; `--max-turns <n>` arrives as `options.maxTurns: string | undefined`. */
  readonly options?: readonly (readonly [syntax: string, description: string, defaultValue?: unknown])[];
  /** Imports the command when it is wanted and not before: start-up stays fast. */
  readonly load: () => Promise<(options: never, io: Io) => Promise<number>>;
}

/** All commands, in the order of the help page. Add one: a file in `commands/` and an entry here. */
export const commandTable: readonly TableEntry[] = [
  {
    name: 'init',
    summary: 'a new benchmark workspace: scenarios, a cluster profile, a suite',
    arguments: [['[dir]', 'folder to make or to fill; the current one by default']],
    load: async () => (await import('./commands/init.ts')).init,
  },
  {
    name: 'doctor',
    summary: 'what is installed, what is missing, what each missing thing would enable',
    load: async () => (await import('./commands/doctor.ts')).doctor,
  },
  {
    name: 'fault list',
    summary: 'the faults, distractors and cover that scenarios can use',
    load: async () => (await import('./commands/fault-list.ts')).faultList,
  },
  {
    name: 'fault show',
    summary: 'what a fault does, its arguments, an example',
    arguments: [['<name>', 'as in fault list']],
    options: [['--application <name>', 'whose objects the example uses', 'shop']],
    load: async () => (await import('./commands/fault-show.ts')).faultShow,
  },
  {
    name: 'scenario new',
    summary: 'write a scenario that validates',
    arguments: [['<name>', 'lower-case letters, digits and dashes']],
    options: [
      ['--fault <names...>', 'faults it uses; none makes a control'],
      ['--application <name>', 'folder below clusters/apps/', 'shop'],
      ['--cluster <name>', 'cluster profile', 'embedded'],
      ['--out <file>', 'default: scenarios/<application>/<name>.yaml in the workspace'],
      ['--force', 'replace a file that is there'],
    ],
    load: async () => (await import('./commands/scenario-new.ts')).scenarioNew,
  },
  {
    name: 'scenario list',
    summary: 'the scenarios of a folder',
    arguments: [['[dir]', 'default: scenarios/ of the workspace']],
    load: async () => (await import('./commands/scenario-list.ts')).scenarioList,
  },
  {
    name: 'scenario show',
    summary: 'what a scenario says, short',
    arguments: [['<file>', 'scenario file']],
    load: async () => (await import('./commands/scenario-show.ts')).scenarioShow,
  },
  {
    name: 'scenario validate',
    summary: 'every mistake at once, with file, line and column',
    arguments: [['<file...>', 'scenario or suite files']],
    load: async () => (await import('./commands/scenario-validate.ts')).scenarioValidate,
  },
  {
    name: 'scenario plan',
    summary: 'the exact operations with their roles, not done',
    arguments: [['<file>', 'scenario file']],
    options: [['--seed <hex>', '32 hex digits; default: the seed of the file, or a new one']],
    load: async () => (await import('./commands/scenario-plan.ts')).scenarioPlan,
  },
  {
    name: 'scenario generate',
    summary: 'seeded variants of a template that pass the gates, and why the others do not',
    arguments: [['<template>', 'template file']],
    options: [
      ['--out <dir>', 'scenario files, suite.yaml, generation.json; default: out/generated/<template>'],
      ['--bundles <dir>', 'where bundles go; default: bundles/ in --out'],
      ['--count <n>', 'variants wanted; default: what the template says'],
      ['--seed <hex>', '32 hex digits; default: the seed of the template, or a new one'],
      ['--attempts <n>', 'variants tried at most'],
      ['--against <paths...>', 'scenarios, suites or bundles that there are; near-duplicates are refused'],
      ['--jobs <n>', 'builds at the same time; default: 1'],
      ['--draft', 'only validate and compare the plans: no build'],
      ['--held-out', 'seeds of 128 random bits, split held-out; --out must be outside of a repository'],
      ['--restart', 'begin anew instead of going on'],
    ],
    load: async () => (await import('./commands/scenario-generate.ts')).scenarioGenerate,
  },
  {
    name: 'cluster up',
    summary: 'keep a cluster with an application running, and print its kubeconfig',
    options: [
      ['--profile <file>', 'cluster profile', 'embedded'],
      ['--application <name>', 'folder below clusters/apps/', 'shop'],
      ['--speed <n>', 'virtual seconds a second', '1'],
      ['--rate <n>', 'requests a second at the edge; default: what the application says'],
      ['--port <n>', 'port of the Kubernetes API; default: any free one'],
      ['--seed <text>', 'another text gives another world'],
    ],
    load: async () => (await import('./commands/cluster-up.ts')).clusterUp,
  },
  {
    name: 'cluster status',
    summary: 'what is kept running, and how to reach it',
    load: async () => (await import('./commands/cluster-status.ts')).clusterStatus,
  },
  {
    name: 'cluster probe',
    summary: 'what clusters of a profile can do, found out by trying',
    options: [['--profile <file>', 'cluster profile', 'embedded']],
    load: async () => (await import('./commands/cluster-probe.ts')).clusterProbe,
  },
  {
    name: 'cluster down',
    summary: 'end a cluster that is kept running',
    options: [['--profile <file>', 'cluster profile', 'embedded']],
    load: async () => (await import('./commands/cluster-down.ts')).clusterDown,
  },
  {
    name: 'application import',
    summary: "write the folder of an application that runs in somebody else's cluster",
    arguments: [['<name>', 'of the application, and of the folder below clusters/apps/']],
    options: [
      ['--profile <file>', 'cluster profile with the provider kubeconfig', 'kubeconfig-example'],
      ['--edge <service>', 'where users come in: NAMESPACE/SERVICE'],
      ['--load <workload>', 'the load generator: NAMESPACE/DEPLOYMENT'],
      ['--rate <n>', 'requests a second that it makes', '5'],
      ['--out <folder>', 'default: clusters/apps/<name>'],
    ],
    load: async () => (await import('./commands/application-import.ts')).applicationImport,
  },
  {
    name: 'inject',
    summary: "carry a scenario's operations out on a running cluster, journalled",
    arguments: [['<file>', 'scenario file']],
    options: [
      [
        '--kubeconfig <file>',
        'default: KUBECONFIG, else the cluster that `cluster up` keeps, else ~/.kube/config',
      ],
      ['--seed <hex>', '32 hex digits; default: the seed of the file, or a new one'],
      ['--now', 'one operation after the other, without waiting for their times'],
    ],
    load: async () => (await import('./commands/inject.ts')).inject,
  },
  {
    name: 'recover',
    summary: 'undo what was injected, also after a crash, and prove that nothing is left',
    options: [['--kubeconfig <file>', 'as for inject']],
    load: async () => (await import('./commands/recover.ts')).recover,
  },
  {
    name: 'build',
    summary: 'the whole pipeline: scenarios in, proven bundles out',
    arguments: [['<file...>', 'scenario or suite files']],
    options: [
      ['--out <dir>', 'where bundles go; default: snapshots/'],
      ['--jobs <n>', 'scenarios built at the same time; default: one per core, at most 4'],
      ['--profile <name>', 'cluster profile in place of the one the scenario names'],
      ['--seed <hex>', '32 hex digits in place of the seed of the file (one scenario)'],
      ['--lock', 'write the digests into lock.json beside the bundles; drafts are left out'],
      ['--no-lint', 'make a draft: a bundle whatever the lints find'],
      ['--counterfactual', 'run the counterfactual worlds also where time is real'],
      ['--no-counterfactual', 'leave the counterfactual worlds out, for a draft'],
      ['--resume', 'keep bundles that are there already and were made from the same files'],
      ['--keep-unproved <dir>', 'keep what was seen of an effect that was not proved there, to look at it'],
    ],
    load: async () => (await import('./commands/build.ts')).build,
  },
  {
    name: 'regenerate',
    summary: 'build tasks again and compare with the lock file and the frozen bundles',
    arguments: [['[task...]', 'task ids; all of the lock file by default']],
    options: [
      ['--dir <dir>', 'folder of the lock file; default: snapshots/'],
      ['--jobs <n>', 'tasks built at the same time'],
      ['--repeat <n>', 'build each task so often and tell how stable it is', '1'],
      ['--identity <files...>', 'secret keys: held-out tasks are built again from what is sealed in them'],
    ],
    load: async () => (await import('./commands/regenerate.ts')).regenerate,
  },
  {
    name: 'fidelity',
    summary: 'how far the embedded cluster and a real one show the same for a scenario',
    arguments: [['[scenarios...]', 'scenario or suite files; built on both clusters']],
    options: [
      ['--embedded <path>', 'bundles that were built on the embedded cluster, instead of building them'],
      ['--kind <path>', 'bundles of the same tasks that were built on a real cluster'],
      ['--kind-again <paths...>', 'bundles of further builds there: what differs between them is chance'],
      ['--embedded-profile <name>', 'cluster profile of the embedded builds', 'embedded-test'],
      ['--kind-profile <name>', 'cluster profile of the real builds', 'kind-test'],
      ['--out <dir>', 'where built bundles are kept; default: a temporary folder'],
      ['--markdown <file>', 'write the report there as well'],
      ['--at-least <share>', 'exit 1 where event reasons, alerts or error kinds agree less (0..1)'],
    ],
    load: async () => (await import('./commands/fidelity.ts')).fidelity,
  },
  {
    name: 'snapshot verify',
    summary: 'check bundles: digests, rows, schemas, nothing extra, the commitment to the truth',
    arguments: [['<bundle...>', 'bundles, or folders of bundles']],
    load: async () => (await import('./commands/snapshot-verify.ts')).snapshotVerify,
  },
  {
    name: 'snapshot lint',
    summary: 'find leaks, mistakes in the ground truth, and causes that cannot be told from their neighbours',
    arguments: [['<bundle...>', 'bundles, or folders of bundles; several are compared with each other']],
    options: [['--identity <files...>', 'secret keys for sealed tasks']],
    load: async () => (await import('./commands/snapshot-lint.ts')).snapshotLint,
  },
  {
    name: 'snapshot show',
    summary: 'what is in a bundle',
    arguments: [['<bundle>', 'bundle']],
    options: [
      ['--truth', 'its root causes, symptoms and the proof by counterfactual worlds too (private)'],
      ['--identity <files...>', 'secret keys for a sealed task'],
    ],
    load: async () => (await import('./commands/snapshot-show.ts')).snapshotShow,
  },
  {
    name: 'snapshot diff',
    summary: 'how two bundles differ: objects by field, everything else by row',
    arguments: [
      ['<first>', 'bundle'],
      ['<second>', 'bundle'],
    ],
    load: async () => (await import('./commands/snapshot-diff.ts')).snapshotDiff,
  },
  {
    name: 'snapshot pack',
    summary:
      'bundles as one archive to publish (tar, zstd): the same bundles, the same bytes; without the truth',
    arguments: [['<bundle...>', 'bundles, or folders of bundles']],
    options: [
      ['--out <file>', 'archive to write, such as tasks.tar.zst'],
      ['--private', 'the open truth too'],
    ],
    load: async () => (await import('./commands/snapshot-pack.ts')).snapshotPack,
  },
  {
    name: 'snapshot unpack',
    summary: 'unpack an archive and verify every bundle; refuses what leads out of its folder',
    arguments: [['<archive>', 'made by snapshot pack']],
    options: [['--out <dir>', 'where bundles go; default: snapshots/']],
    load: async () => (await import('./commands/snapshot-unpack.ts')).snapshotUnpack,
  },
  {
    name: 'snapshot seal',
    summary: 'encrypt the truth to public keys (age); only its commitment stays in the open',
    arguments: [['<bundle...>', 'bundles, or folders of bundles']],
    options: [
      ['--recipient <keys...>', 'public keys: age1…'],
      ['--recipients-file <file>', 'public keys, one a line'],
    ],
    load: async () => (await import('./commands/snapshot-seal.ts')).snapshotSeal,
  },
  {
    name: 'snapshot open',
    summary: 'decrypt a sealed truth and check it against the commitment',
    arguments: [['<bundle...>', 'bundles, or folders of bundles']],
    options: [['--identity <files...>', 'files with secret keys, as age-keygen writes them']],
    load: async () => (await import('./commands/snapshot-open.ts')).snapshotOpen,
  },
  {
    name: 'canary scan',
    summary: 'look for canaries of bundles in corpora and transcripts',
    arguments: [['<path...>', 'files or folders; gzip and zstd are looked into']],
    options: [['--bundles <dirs...>', 'whose canaries; default: snapshots/']],
    load: async () => (await import('./commands/canary-scan.ts')).canaryScan,
  },
  {
    name: 'difficulty',
    summary:
      'every gate, nineteen solvers without a model, a panel of models: which tasks are sound, and how difficult',
    arguments: [['<task...>', 'bundles, or folders of bundles']],
    options: [
      ['--suite <file>', 'suite file with thresholds and dropped tasks; judges the suite as a whole, too'],
      ['--panel <file>', 'reference panel: models with prices, repeats, limits'],
      ['--run <dir>', 'folder of the panel, continued if it is there; default: runs/panel-<name>'],
      ['--max-cost <usd>', 'stops the panel before it costs more; default: what the panel file says'],
      ['--yes', 'runs a panel that costs money without a cap'],
      ['--concurrency <n>', 'samples of the panel at the same time; default: 4'],
      ['--sandbox <name>', "where the models' commands run; default: the strongest that works"],
      ['--html <file>', 'a page with plots, in one file'],
      ['--rebuild', 'builds every task again and compares the bytes, instead of believing its proof'],
      ['--jobs <n>', 'with --rebuild: how many at a time; default: 2'],
      ['--repeats <n>', 'how often a solver that guesses is asked', '20'],
      ['--identity <files...>', 'secret keys for sealed tasks'],
    ],
    load: async () => (await import('./commands/difficulty.ts')).difficulty,
  },
  {
    name: 'eval',
    summary:
      'run agents and models on tasks, write a run directory, score it; continues what was interrupted',
    arguments: [['[task...]', 'bundles, or folders of bundles']],
    options: [
      ['--agent <names...>', 'oracle, nop, shotgun, adversary, loudest-alert (the default without a model)'],
      [
        '--model <names...>',
        'provider/model: openai, anthropic, google, openai-compatible, scripted/FILE, replay/RUN',
      ],
      ['--profile <name>', 'how models work: native (default) or stirrup-aa'],
      ['--external <command>', 'any program as an agent, run inside the sandbox; it reads instruction.md'],
      ['--external-name <name>', 'what its samples are filed under; default: external'],
      ['--external-files <files...>', 'text files put into its folder first'],
      ['--allow-host <hosts...>', 'hosts the external agent may reach; none by default'],
      ['--pass-env <names...>', 'variables the external agent is given'],
      ['--repeats <n>', 'samples of each task and agent; default: 1'],
      ['--concurrency <n>', 'samples at the same time; fewer while a provider limits the rate; default: 4'],
      [
        '--sandbox <name>',
        'where commands run: auto (default: the strongest that works), or a name; none is no sandbox',
      ],
      ['--max-turns <n>', 'replies of a model; default: 100'],
      ['--time-limit <duration>', 'working time of a sample; default: 60m'],
      ['--token-limit <n>', 'tokens of a sample, input and output'],
      ['--cost-limit <usd>', 'cost of a sample'],
      ['--command-timeout <duration>', 'time of one command; default: 5m'],
      ['--stall-timeout <duration>', 'a provider that is silent for so long is asked again; default: 10m'],
      ['--max-cost <usd>', 'stops the run before it costs more'],
      ['--prices <file>', 'prices of models; default: prices.yaml, if it is there'],
      ['--reasoning-effort <level>', 'as the provider calls it: low, medium, high …'],
      ['--temperature <x>', 'sampling temperature'],
      ['--model-seed <n>', 'seed, where the provider has one'],
      ['--reply-tokens <n>', 'tokens of one reply at most'],
      ['--context-tokens <n>', 'what a model can read; default: from the price file, or 128000'],
      ['--base-url <url>', 'address of the provider, such as http://localhost:8000/v1'],
      ['--out <dir>', 'run directory; default: runs/<time>'],
      ['--resume <run>', 'continue a run with its own settings; finished samples stay'],
      ['--identity <files...>', 'secret keys for sealed tasks'],
    ],
    load: async () => (await import('./commands/eval.ts')).evalCommand,
  },
  {
    name: 'score',
    summary: 'score a run again, or one answer to one task',
    arguments: [['[run]', 'run directory']],
    options: [
      ['--task <bundle>', 'the task of a single answer'],
      ['--submission <file>', 'a single answer'],
      ['--policy <name>', 'two names of one entity: collapse, strict or lenient', 'collapse'],
      ['--identity <files...>', 'secret keys for sealed tasks'],
    ],
    load: async () => (await import('./commands/score.ts')).score,
  },
  {
    name: 'audit',
    summary: 'suspicious acts in the transcripts of a run, with the line',
    arguments: [['<run>', 'run directory']],
    load: async () => (await import('./commands/audit.ts')).audit,
  },
  {
    name: 'run export',
    summary: 'trajectories of a run in a format other tools read: ATIF v1.7, a JSON file a sample',
    arguments: [['<run>', 'run directory']],
    options: [
      ['--format <name>', 'atif', 'atif'],
      ['--out <dir>', 'default: atif/ in the run directory'],
    ],
    load: async () => (await import('./commands/run-export.ts')).runExport,
  },
  {
    name: 'compare',
    summary: 'the difference of two runs task by task: its interval, a test, what could have been seen',
    arguments: [
      ['<first>', 'run directory'],
      ['<second>', 'run directory; the same one to compare two of its agents'],
    ],
    options: [
      ['--agent <name>', 'of the first run; default: the only one, or all that are in both'],
      ['--with <name>', 'of the second run; default: the only one, or that of the same name'],
      ['--identity <files...>', 'secret keys for sealed tasks'],
    ],
    load: async () => (await import('./commands/compare.ts')).compare,
  },
  {
    name: 'report',
    summary:
      'runs as one HTML file: leader board, plots, tasks, transcripts; tells the truth, for authors, but of held-out tasks',
    arguments: [['<run...>', 'run directories']],
    options: [
      ['--out <file>', 'default: report.html in the first run directory'],
      ['--pages <dir>', 'a page per task as well, as files of their own'],
      ['--identity <files...>', 'secret keys for sealed tasks'],
    ],
    load: async () => (await import('./commands/report.ts')).report,
  },
];
