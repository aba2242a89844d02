// Kubeflow's MPIJob, kubeflow.org/v2beta1, by pkg/apis/kubeflow/v2beta1/types.go of kubeflow/mpi-operator at caa3c47. The templates of its pods
// are Kubernetes' own.
import type { IIoK8sApimachineryPkgApisMetaV1ObjectMeta } from "@kubernetes-models/apimachinery/apis/meta/v1/ObjectMeta";
import type { IPodTemplateSpec } from "kubernetes-models/v1/PodTemplateSpec";

interface ReplicaSpec {
    replicas?: number;
    template: IPodTemplateSpec;
    restartPolicy?: "Always" | "OnFailure" | "Never" | "ExitCode";
}

export interface IMPIJob {
    apiVersion: "kubeflow.org/v2beta1";
    kind: "MPIJob";
    metadata?: IIoK8sApimachineryPkgApisMetaV1ObjectMeta;
    spec: {
        slotsPerWorker?: number;
        runLauncherAsWorker?: boolean;
        runPolicy?: {
            cleanPodPolicy?: "None" | "Running" | "All";
            ttlSecondsAfterFinished?: number;
            activeDeadlineSeconds?: number;
            backoffLimit?: number;
            schedulingPolicy?: {
                minAvailable?: number;
                queue?: string;
                minResources?: Record<string, string | number>;
                priorityClass?: string;
                scheduleTimeoutSeconds?: number;
            };
            suspend?: boolean;
            managedBy?: string;
        };
        mpiReplicaSpecs: { Launcher: ReplicaSpec; Worker?: ReplicaSpec };
        sshAuthMountPath?: string;
        launcherCreationPolicy?: "AtStartup" | "WaitForWorkersReady";
        mpiImplementation?: "OpenMPI" | "Intel" | "MPICH";
    };
}
