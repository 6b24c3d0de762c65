import { KubeApiError } from '../../../../kube/errors.ts';
import type { KubeObject } from '../../../../kube/objects.ts';
import { isFields } from '../fields.ts';
import { modelOfKind } from '../schema/model.ts';
import { badRequest } from '../status-error.ts';
import { jsonPatch } from './json-patch.ts';
import { mergePatch } from './merge-patch.ts';
import { strategicMerge } from './strategic-merge.ts';

/** Media types of the patches the server takes. */
export const patchTypes = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
} as const;

/** The object after the patch; the original is not changed. Name, kind and version must stay. */
export function applyPatch(original: KubeObject, patch: unknown, contentType: string): KubeObject {
  const patched = patchedBy(original, patch, contentType.split(';')[0]!.trim());
  if (!isFields(patched) || !isFields(patched['metadata']))
    throw badRequest('the patch does not leave a valid object');
  const result = patched as unknown as KubeObject;
  if (result.kind !== original.kind || result.apiVersion !== original.apiVersion)
    throw badRequest(
      `the API version in the data (${result.apiVersion} ${result.kind}) does not match the expected API version (${original.apiVersion} ${original.kind})`,
    );
  if (result.metadata.name !== original.metadata.name)
    throw badRequest(
      `the name of the object (${result.metadata.name}) does not match the name on the URL (${original.metadata.name})`,
    );
  return result;
}

function patchedBy(original: KubeObject, patch: unknown, type: string): unknown {
  if (type === patchTypes.json) return jsonPatch(original, patch);
  if (!isFields(patch))
    throw badRequest(
      'error decoding patch: json: cannot unmarshal into Go value of type map[string]interface {}',
    );
  if (type === patchTypes.merge) return mergePatch(original, patch);
  if (type === patchTypes.strategic)
    return strategicMerge(original, patch, modelOfKind(original.apiVersion, original.kind));
  if (type === patchTypes.apply)
    return strategicMerge(original, { ...patch }, modelOfKind(original.apiVersion, original.kind));
  throw new KubeApiError(
    415,
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: ${Object.values(patchTypes).join(', ')}`,
  );
}
