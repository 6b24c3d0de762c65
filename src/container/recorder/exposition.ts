type Labels = Readonly<Record<string, string>>;

/** Takes samples and answers them in Prometheus' text format, grouped by name as it wants them. */
export function exposition(): {
  readonly emit: (name: string, labels: Labels, value: number) => void;
  readonly text: () => string;
} {
  const groups = new Map<string, string[]>();
  return {
    emit(name, labels, value) {
      const line = `${name}${labelText(labels)} ${valueText(value)}\n`;
      const lines = groups.get(name);
      if (lines === undefined) groups.set(name, [line]);
      else lines.push(line);
    },
    text() {
      let text = '';
      for (const [name, lines] of groups)
        text += `# TYPE ${name} ${name.endsWith('_total') ? 'counter' : 'gauge'}\n${lines.join('')}`;
      return text;
    },
  };
}

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(
    ([name, value]) =>
      `${name}="${value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"')}"`,
  );
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function valueText(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  return value === Number.NEGATIVE_INFINITY ? '-Inf' : String(value);
}
