// The pretended `docker` and `kind` of fake-docker.ts.
const { appendFileSync, readFileSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');

exports.run = (program, folder) => {
  const args = process.argv.slice(2);
  const file = join(folder, 'machine.json');
  appendFileSync(join(folder, 'calls.jsonl'), `${JSON.stringify([program, ...args])}\n`);
  const machine = JSON.parse(readFileSync(file, 'utf8'));
  const save = () => writeFileSync(file, JSON.stringify(machine));
  const option = (name) => args[args.indexOf(name) + 1];
  const fail = (text) => {
    process.stderr.write(`${text}\n`);
    process.exit(1);
  };
  if (!machine.daemon && !(program === 'kind' && args[0] === 'version'))
    fail('Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?');
  if (program === 'kind') {
    if (args[0] === 'version') return console.log('0.27.0');
    const name = option('--name');
    if (args[0] === 'create') {
      if (!args.includes('--image') && !machine.images.includes('default'))
        fail('ERROR: failed to create cluster: failed to pull image "kindest/node:v9"');
      machine.clusters[name] = ['control-plane', 'worker', 'worker2'].map((role) => ({
        id: `${name}-${role}-${process.pid}`,
        name: `${name}-${role}`,
        created: new Date().toISOString(),
        running: true,
      }));
      if (machine.createFails?.startsWith('Cannot connect')) machine.daemon = false;
      save();
      if (machine.createFails) fail(machine.createFails);
      writeFileSync(option('--kubeconfig'), `current-context: kind-${name}\n`);
    } else {
      delete machine.clusters[name];
      save();
    }
    return;
  }
  const all = Object.entries(machine.clusters);
  if (args[0] === 'version') console.log('27.0.1');
  else if (args[0] === 'ps') {
    const wanted = option('--filter').replace('label=io.x-k8s.kind.cluster=', '');
    for (const { id } of machine.clusters[wanted] ?? []) console.log(id);
  } else if (args[0] === 'inspect') {
    const nodes = all.flatMap(([, nodes]) => nodes).filter(({ id }) => args.includes(id));
    console.log(
      JSON.stringify(
        nodes.map(({ id, name, created, running }) => ({
          Id: id,
          Name: `/${name}`,
          Created: created,
          State: { Running: running },
        })),
      ),
    );
  } else if (args[0] === 'image') {
    const found = args.slice(4).filter((name) => machine.images.includes(name));
    for (const name of found) console.log(JSON.stringify({ Id: `sha256:${name}`, RepoTags: [name] }));
    if (found.length < args.length - 4) fail('Error: No such image');
  } else if (args[0] === 'port') console.log('127.0.0.1:40001');
  else if (args[0] === 'pull') fail('Error response from daemon: no such host');
};
