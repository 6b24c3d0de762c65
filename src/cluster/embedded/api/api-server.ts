import { KubeApiError } from '../../../kube/errors.ts';
import { type ApiAnswer, type ApiRequest, ok } from './api-request.ts';
import { apiGroup, apiGroupList, apiResourceList, apiVersions } from './discovery.ts';
import { isFields } from './fields.ts';
import { answerMetrics } from './metrics-api.ts';
import { openapiDocument, openapiIndex } from './openapi.ts';
import type { LogReader, UsageReader } from './readers.ts';
import { answerResource, type Target } from './resource-handlers.ts';
import { definitionOfPath } from './resources.ts';
import { statusOf } from './status-error.ts';
import type { ApiStore } from './store.ts';

export interface ApiServer {
  readonly store: ApiStore;
  /** Answers one request at the present virtual time; never throws for what a client did wrong. */
  handle(request: ApiRequest): ApiAnswer;
}

export interface ApiServerSettings {
  readonly store: ApiStore;
  /** As `/version` answers it: `v1.34.2`. */
  readonly kubernetesVersion: string;
  readonly logs: LogReader;
  readonly usage: UsageReader;
}

/** The Kubernetes API over a store: routing, discovery, resources, metrics. */
export function createApiServer(settings: ApiServerSettings): ApiServer {
  return {
    store: settings.store,
    handle(request) {
      try {
        return route(settings, request);
      } catch (error) {
        if (!(error instanceof KubeApiError)) throw error;
        const headers = error.status === 429 ? { 'retry-after': '10' } : undefined;
        return { status: error.status, body: statusOf(error), ...(headers === undefined ? {} : { headers }) };
      }
    },
  };
}

function missing(): KubeApiError {
  return new KubeApiError(404, 'NotFound', 'the server could not find the requested resource');
}

function found(body: unknown): ApiAnswer {
  if (body === undefined) throw missing();
  return ok(body);
}

function route(settings: ApiServerSettings, request: ApiRequest): ApiAnswer {
  const parts = request.path
    .split('/')
    .filter((p) => p !== '')
    .map(decodeURIComponent);
  switch (parts[0]) {
    case 'version':
      return ok(versionInfo(settings.kubernetesVersion));
    case 'healthz':
    case 'livez':
    case 'readyz':
      return { status: 200, body: 'ok', contentType: 'text/plain' };
    case 'api':
      if (parts.length === 1) return ok(apiVersions('127.0.0.1'));
      if (parts[1] !== 'v1') throw missing();
      return parts.length === 2
        ? found(apiResourceList('v1'))
        : answerGroup(settings, request, 'v1', parts.slice(2));
    case 'apis': {
      if (parts.length === 1) return ok(apiGroupList());
      if (parts.length === 2) return found(apiGroup(parts[1]!));
      const groupVersion = `${parts[1]}/${parts[2]}`;
      return parts.length === 3
        ? found(apiResourceList(groupVersion))
        : answerGroup(settings, request, groupVersion, parts.slice(3));
    }
    case 'openapi':
      if (parts[1] !== 'v3') throw missing();
      return ok(parts.length === 2 ? openapiIndex() : openapiDocument(parts.slice(3).join('/')));
    default:
      throw missing();
  }
}

function answerGroup(
  settings: ApiServerSettings,
  request: ApiRequest,
  groupVersion: string,
  rest: readonly string[],
): ApiAnswer {
  if (groupVersion === 'metrics.k8s.io/v1beta1' && request.method === 'GET')
    return answerMetrics(settings.store, settings.usage, request, rest);
  if (groupVersion === 'authorization.k8s.io/v1' || groupVersion === 'authentication.k8s.io/v1')
    return answerReview(request, groupVersion, rest);
  return answerResource(settings, request, targetOf(groupVersion, rest));
}

function targetOf(groupVersion: string, rest: readonly string[]): Target {
  const isInNamespace =
    rest[0] === 'namespaces' && rest.length >= 3 && !(groupVersion === 'v1' && isNamespaceSubresource(rest));
  const [plural = '', name, subresource, ...more] = isInNamespace ? rest.slice(2) : rest;
  const definition = definitionOfPath(groupVersion, plural);
  if (definition === undefined || more.length > 0) throw missing();
  if (definition.namespaced !== isInNamespace && !(definition.namespaced && name === undefined))
    throw missing();
  return { definition, namespace: isInNamespace ? rest[1] : undefined, name, subresource };
}

function isNamespaceSubresource(rest: readonly string[]): boolean {
  return rest.length === 3 && (rest[2] === 'status' || rest[2] === 'finalize');
}

/** Access reviews: everybody may do everything here, as roles are stored and not enforced. */
function answerReview(request: ApiRequest, apiVersion: string, rest: readonly string[]): ApiAnswer {
  if (request.method !== 'POST') throw missing();
  const body = isFields(request.body) ? request.body : {};
  const resource = rest.at(-1);
  const answer = (kind: string, status: Record<string, unknown>) =>
    ok({ kind, apiVersion, metadata: { creationTimestamp: null }, spec: body['spec'] ?? {}, status }, 201);
  if (resource === 'selfsubjectaccessreviews')
    return answer('SelfSubjectAccessReview', { allowed: true, reason: 'roles are stored and not enforced' });
  if (resource === 'localsubjectaccessreviews') return answer('LocalSubjectAccessReview', { allowed: true });
  if (resource === 'selfsubjectreviews')
    return answer('SelfSubjectReview', {
      userInfo: { username: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'] },
    });
  if (resource === 'selfsubjectrulesreviews')
    return answer('SelfSubjectRulesReview', {
      resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }],
      nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }],
      incomplete: false,
    });
  throw missing();
}

function versionInfo(gitVersion: string): Record<string, string> {
  const [, major = '1', minor = '34'] = /^v(\d+)\.(\d+)/.exec(gitVersion) ?? [];
  return {
    major,
    minor,
    gitVersion,
    gitCommit: '',
    gitTreeState: 'clean',
    buildDate: '1970-01-01T00:00:00Z',
    goVersion: 'go1.24.9',
    compiler: 'gc',
    platform: 'linux/amd64',
  };
}
