import { expect, it } from 'vitest';
import { fillTemplate } from '../../src/capture/annotation-template.ts';

it.each([
  ['{{ $labels.pod }} of {{$labels.none}}', undefined, 'checkout-1 of '],
  ['{{ $value }}', 0.125, '0.125'],
  ['{{ $value | humanize }}B', 1_234_567, '1.235MB'],
  ['{{ $value | humanize1024 }}B', 268_435_456, '256MiB'],
  ['{{ $value | humanizePercentage }}', 0.0642, '6.42%'],
  ['{{ $value | humanizeDuration }}', 3725, '1h 2m 5s'],
  ['{{ $value | humanizeDuration }}', 0.25, '250ms'],
  ['{{ $value | printf "%.2f" }} s', 1.005_1, '1.01 s'],
  ['{{ printf "%.1f%%" $value }}', 12.34, '12.3%'],
  ['{{ $value }}', undefined, '{{ $value }}'],
  ['{{ range query "up" }}x{{ end }}', 1, '{{ range query "up" }}x{{ end }}'],
])('fills %s with %s', (template, value, expected) =>
  expect(fillTemplate(template, { pod: 'checkout-1' }, value)).toBe(expected),
);
