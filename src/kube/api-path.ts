/** Path of a collection or object: `/apis/apps/v1/namespaces/shop/deployments/cart/scale`. */
export function apiPath(
  apiVersion: string,
  plural: string,
  namespace: string | undefined,
  name?: string,
  subresource?: string,
): string {
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const parts = [
    ...(namespace === undefined ? [] : ['namespaces', namespace]),
    plural,
    ...(name === undefined ? [] : [name]),
    ...(subresource === undefined ? [] : [subresource]),
  ];
  return `${root}/${parts.map(encodeURIComponent).join('/')}`;
}
