import { type FieldError, invalid } from '../status-error.ts';

const label = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const subdomain = `${label}(\\.${label})*`;
const qualifiedPart = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';

const labelText = `a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '${label}')`;
const subdomainText = `a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '${subdomain}')`;
const serviceText =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";
const labelValueText = `a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(${qualifiedPart})?')`;
const qualifiedText = `name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '${qualifiedPart}')`;

function tooLong(limit: number): string {
  return `must be no more than ${limit} characters`;
}

function check(field: string, value: string, pattern: RegExp, limit: number, message: string): FieldError[] {
  const errors: FieldError[] = [];
  if (value.length > limit) errors.push(invalid(field, value, tooLong(limit)));
  if (!pattern.test(value)) errors.push(invalid(field, value, message));
  return errors;
}

const labelPattern = new RegExp(`^${label}$`);
const subdomainPattern = new RegExp(`^${subdomain}$`);
const servicePattern = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;
const labelValuePattern = new RegExp(`^(${qualifiedPart})?$`);
const qualifiedPattern = new RegExp(`^${qualifiedPart}$`);

/** RFC 1123 label: namespaces, containers, volumes. */
export function checkLabel(field: string, value: string): FieldError[] {
  return check(field, value, labelPattern, 63, labelText);
}

/** RFC 1123 subdomain: most names. */
export function checkSubdomain(field: string, value: string): FieldError[] {
  return check(field, value, subdomainPattern, 253, subdomainText);
}

/** DNS 1035 label: Services. */
export function checkServiceName(field: string, value: string): FieldError[] {
  return check(field, value, servicePattern, 63, serviceText);
}

/** Path segment: RBAC names. */
export function checkPathSegment(field: string, value: string): FieldError[] {
  if (value === '.' || value === '..') return [invalid(field, value, `may not be '${value}'`)];
  return /[/%]/.test(value)
    ? [invalid(field, value, `may not contain '${value.includes('/') ? '/' : '%'}'`)]
    : [];
}

/** Keys and values of labels, selectors. */
export function checkLabels(
  field: string,
  labels: Readonly<Record<string, unknown>> | undefined,
): FieldError[] {
  const errors: FieldError[] = [];
  for (const [name, value] of Object.entries(labels ?? {})) {
    errors.push(...checkQualifiedName(field, name));
    if (typeof value === 'string') errors.push(...check(field, value, labelValuePattern, 63, labelValueText));
  }
  return errors;
}

/** `prefix/name` keys of labels and annotations. */
export function checkQualifiedName(field: string, name: string): FieldError[] {
  const slash = name.indexOf('/');
  const part = slash < 0 ? name : name.slice(slash + 1);
  if (slash >= 0 && !subdomainPattern.test(name.slice(0, slash)))
    return [invalid(field, name, `prefix part ${subdomainText}`)];
  return qualifiedPattern.test(part) && part.length <= 63
    ? []
    : [invalid(field, name, part.length > 63 ? `name part ${tooLong(63)}` : qualifiedText)];
}
