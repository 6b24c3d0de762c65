import type { ControlContext } from './control-context.ts';
import { startDaemonSetController } from './daemon-set.ts';
import { startDeploymentController } from './deployment.ts';
import { startEndpointsController } from './endpoints.ts';
import { startHorizontalPodAutoscaler, type UsageSource } from './horizontal-pod-autoscaler.ts';
import { startNodeLifecycleController } from './node-lifecycle.ts';
import { startDisruptionController } from './pod-disruption-budget.ts';
import { startReplicaSetController } from './replica-set.ts';
import { startStatefulSetController } from './stateful-set.ts';
import { startVolumeProvisioner } from './volume-provisioner.ts';

/** Starts every controller of the kube-controller-manager that the store does not have built in. */
export function startControllers(context: ControlContext, usage: UsageSource): void {
  startDeploymentController(context);
  startReplicaSetController(context);
  startStatefulSetController(context);
  startDaemonSetController(context);
  startEndpointsController(context);
  startDisruptionController(context);
  startVolumeProvisioner(context);
  startNodeLifecycleController(context);
  startHorizontalPodAutoscaler(context, usage);
}
