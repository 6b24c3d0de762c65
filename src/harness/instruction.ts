import { sandboxPaths } from './sandbox/sandbox.ts';

/**
 * The question, in one wording for every task of the `sre` domain. It tells the objective, the naming rule, the
 * inclusion test and where the data is, and nothing about the task.
 */
export const sreInstruction = `You are on call for a system that runs on Kubernetes. Something may have gone wrong in it. In ${sandboxPaths.data} you have
a frozen recording of the time around it: alerts, events, objects, logs, traces and metrics, as files that you can read
but not change. ${sandboxPaths.data}/README.md describes each file. You may write scratch files in ${sandboxPaths.work}. There is no network and
no cluster to ask: the recording is all there is.

Find the minimal set of independent root causes: the objects whose state, if put right, would end the incident. The
incident is what users feel: errors, slowness, work that is not done. What harms no user is no part of it, even where it
raises alerts.

- Name objects as namespace/Kind/name, and cluster-scoped ones as cluster/Kind/name, for example
  payments/ConfigMap/ledger-settings or cluster/Node/worker-7. Use names of objects that exist in the recording; for pods
  that a controller made, name the workload.
- Name the most specific object that introduced the failure. What only suffers from it is a symptom: leave it out.
- Inclusion test: with this object put right and everything else as it is, the incident (or an independent part of it)
  would end. An ordinary action that merely let a failure take hold, such as a restart, does not pass the test.
- Two objects belong in the answer only if neither explains the other.
- Every extra name lowers the score, and a missing root cause makes it zero.
- If nothing is at fault, answer with an empty list.
`;

/** The answer's format, for agents that write it into a file. */
export const answerFileFormat = `Write the answer to ${sandboxPaths.answer}:
{"contributing_factors":[{"name":"namespace/Kind/name","reasoning":"why it is a cause","evidence":"file and what it shows"}]}
`;
