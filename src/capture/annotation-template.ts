/**
 * Fills the templates of an alert's annotations as far as rules commonly use them: `{{ $labels.name }}`, `{{ $value }}`
 * and `{{ $value | humanize… }}` or `printf "%.2f"`. What is not understood stays as it stands in the rule.
 */
export function fillTemplate(
  template: string,
  labels: Readonly<Record<string, string>>,
  value: number | undefined,
): string {
  return template.replace(
    /\{\{-?\s*(.*?)\s*-?\}\}/gs,
    (whole, expression: string) => evaluate(expression, labels, value) ?? whole,
  );
}

function evaluate(
  expression: string,
  labels: Readonly<Record<string, string>>,
  value: number | undefined,
): string | undefined {
  const [head = '', ...filters] = expression.split('|').map((part) => part.trim());
  const label = /^\$labels\.([A-Za-z_]\w*)$/.exec(head)?.[1];
  if (label !== undefined) return filters.length === 0 ? (labels[label] ?? '') : undefined;
  const print = /^printf\s+"([^"]*)"\s+\$value$/.exec(head);
  if (print) return value === undefined || filters.length > 0 ? undefined : format(print[1] ?? '', value);
  if (head !== '$value' || value === undefined) return undefined;
  const [filter, more] = filters;
  if (more !== undefined) return undefined;
  if (filter === undefined) return String(value);
  const printed = /^printf\s+"([^"]*)"$/.exec(filter);
  return printed ? format(printed[1] ?? '', value) : humanisers[filter]?.(value);
}

const humanisers: Readonly<Record<string, (value: number) => string>> = {
  humanize: (value) => scaled(value, 1000, ['', 'k', 'M', 'G', 'T', 'P'], ''),
  humanize1024: (value) => scaled(value, 1024, ['', 'ki', 'Mi', 'Gi', 'Ti', 'Pi'], ''),
  humanizePercentage: (value) => `${significant(value * 100)}%`,
  humanizeDuration: duration,
};

function scaled(value: number, base: number, prefixes: readonly string[], unit: string): string {
  if (value === 0 || !Number.isFinite(value)) return `${value}${unit}`;
  if (base === 1000 && Math.abs(value) < 1) {
    let small = value;
    for (const prefix of ['m', 'u', 'n', 'p']) {
      small *= 1000;
      if (Math.abs(small) >= 1) return `${significant(small)}${prefix}${unit}`;
    }
    return significant(value) + unit;
  }
  let index = 0;
  let rest = value;
  while (Math.abs(rest) >= base && index < prefixes.length - 1) {
    rest /= base;
    index++;
  }
  return `${significant(rest)}${prefixes[index] ?? ''}${unit}`;
}

function duration(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (Math.abs(value) < 1) return scaled(value, 1000, [''], 's');
  const sign = value < 0 ? '-' : '';
  const seconds = Math.floor(Math.abs(value));
  if (seconds < 60) return `${significant(value)}s`;
  const parts = [
    Math.floor(seconds / 86_400),
    Math.floor(seconds / 3600) % 24,
    Math.floor(seconds / 60) % 60,
    seconds % 60,
  ];
  const first = parts.findIndex((part) => part > 0);
  return (
    sign +
    ['d', 'h', 'm', 's']
      .slice(first)
      .map((unit, index) => `${parts[first + index]}${unit}`)
      .join(' ')
  );
}

/** Four significant digits without trailing zeros, as Go's `%.4g`. */
function significant(value: number): string {
  return String(Number(value.toPrecision(4)));
}

function format(pattern: string, value: number): string | undefined {
  const match = /^([^%]*)%(?:\.(\d{1,2}))?([fgd])(?:%%)?([^%]*)$/.exec(pattern);
  if (!match) return undefined;
  const [, before = '', digits, verb, after = ''] = match;
  const number =
    verb === 'f'
      ? value.toFixed(Number(digits ?? 6))
      : verb === 'd'
        ? String(Math.round(value))
        : String(digits === undefined ? value : Number(value.toPrecision(Number(digits))));
  return `${before}${number}${pattern.includes('%%') ? '%' : ''}${after}`;
}
