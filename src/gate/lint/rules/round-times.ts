import type { BundleRule } from '../finding.ts';

export const roundTimes: BundleRule = {
  scope: 'bundle',
  code: 'LEK008',
  name: 'round-times',
  finds: 'an incident that begins a whole number of minutes after the window, or a window of round times',
  why: 'who knows the habit knows where to look',
  *check({ truth, manifest }) {
    const { start, end } = manifest.window;
    const line = 1;
    for (const [name, time] of Object.entries({ start, end }))
      if (Date.parse(time) % 60_000 === 0)
        yield { file: 'manifest.json', line, message: `the window's ${name} is a whole minute: ${time}` };
    const { incidentMs } = truth ?? {};
    if (incidentMs !== undefined && (incidentMs - Date.parse(start)) % 60_000 === 0)
      yield {
        file: 'manifest.json',
        line,
        message: 'the incident begins a whole number of minutes after the window',
      };
  },
};
