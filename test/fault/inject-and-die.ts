/** Injects the scripted operations and kills itself, hard, at the given change. Arguments: state file, journal, number of the change. */
import { Injection } from '../../src/fault/injector.ts';
import { FileCluster } from './file-kube.ts';
import { scriptedOperations } from './scripted-plan.ts';

const [state = '', journal = '', at = ''] = process.argv.slice(2);
const cluster = new FileCluster(state);
let changes = 0;
cluster.onChange = () => {
  if (changes++ === Number(at)) process.kill(process.pid, 'SIGKILL');
};
const injection = await Injection.open(journal, cluster);
for (const operation of scriptedOperations) await injection.execute(operation);
process.stdout.write(String(changes));
await injection.close();
