/** Rules and data that promtool's unit tests and ours are both run on. */

export const rulesText = `
groups:
  - name: recording
    rules:
      - record: job:errors:rate5m
        expr: sum by (job) (rate(errors_total[5m]))
        labels: { origin: recorded, team: "{{ not a template }}" }
      - record: job:errors:doubled
        expr: job:errors:rate5m * 2
      - record: level:nan
        expr: level * 0 / 0
  - name: alerting
    rules:
      - alert: Immediately
        expr: level > 5
        labels: { severity: page, where: "{{ $labels.zone }}-{{ .Labels.kind }}", empty: "{{ $labels.none }}" }
        annotations:
          value: '{{ $value }} {{ .Value }} {{ printf "%.3f" $value }}'
          summary: "Level of {{ $labels.zone | toUpper }} ({{ $labels.none }}) is {{ humanize $value }}"
      - alert: AfterTwoMinutes
        expr: level > 5
        for: 2m
      - alert: AfterOddTime
        expr: level > 5
        for: 90s
      - alert: KeepsFiring
        expr: level > 5
        for: 1m
        keep_firing_for: 3m
      - alert: OnRecorded
        expr: job:errors:doubled > 0.1
        for: 1m
        annotations: { text: "{{ $labels.job }}: {{ $value | humanizePercentage }}" }
      - alert: Missing
        expr: absent(level{zone="gone", kind="x"})
        labels: { zone: fixed }
      - alert: FlapsWithStaleness
        expr: present == 1
        for: 1m
      - alert: NeverTrue
        expr: level > 1e9
      - alert: Self
        expr: ALERTS{alertname="Immediately", alertstate="firing"} == 1
        annotations: { text: '{{ range query "level" | sortByLabel "zone" }}{{ .Labels.zone }}={{ .Value }};{{ end }}' }
      - alert: Always
        expr: vector(1)
  - name: formats
    rules:
      - alert: Formats
        expr: numbers
        labels: { id: "{{ $labels.id }}!" }
        annotations:
          v: "{{ $value }}"
          humanize: "{{ $value | humanize }}"
          humanize1024: "{{ $value | humanize1024 }}"
          duration: "{{ $value | humanizeDuration }}"
          percentage: "{{ $value | humanizePercentage }}"
          f: '{{ printf "%f|%.0f|%.1f|%.2f|%8.3f|%-8.1f|%08.2f|%+.1f" $value $value $value $value $value $value $value $value }}'
          g: '{{ printf "%g|%.3g|%.10g|%e|%.2e|%v" $value $value $value $value $value $value }}'
          bad: '{{ printf "%d|%s" $value $value }}'
      - alert: Templates
        expr: level{zone="a"} > 100
        labels: { id: "{{ with $labels.none }}x{{ else }}none{{ end }}" }
        annotations:
          if: '{{ if gt $value 100.5 }}high{{ else if eq $labels.zone "a" }}zone a{{ else }}low{{ end }}'
          and: '{{ if and (eq $labels.zone "a") (lt $value 1000.0) }}both{{ end }}{{ if or (eq $labels.zone "b") (ne $labels.kind "y") }}one{{ end }}{{ if not $labels.none }}not{{ end }}'
          trim: "a   {{- $labels.zone -}}   b {{- /* nothing */ -}} c"
          variable: '{{ $zone := $labels.zone }}{{ $twice := printf "%s%s" $zone $zone }}[{{ $twice }}]'
          query: '{{ with query "sum(level)" }}{{ . | first | value | printf "%.1f" }}{{ end }}'
          label: '{{ query "level" | sortByLabel "zone" | first | label "zone" }}'
          range: '{{ range $i, $s := query "sort(level)" }}{{ $i }}:{{ $s.Labels.zone }} {{ end }}'
          replace: '{{ reReplaceAll "(.)-(.)" "$2-$1" "x-y z-w" }} {{ match "^a$" $labels.zone }} {{ title "hello world" }} {{ toLower "ABC" }}'
          host: '{{ stripPort "a.b.c:80" }} {{ stripDomain "a.b.c:80" }} {{ stripDomain "10.0.0.1:80" }}'
          misc: '{{ len $labels.zone }} {{ print "a" 1 "b" }} {{ "quoted" }} {{ 42 }} {{ 1.5 }} {{ true }} {{ printf "%q %5s|%-5s|%d" "q" "r" "l" 7 }}'
          dollar: "$labels.zone $value {{ $labels.__name__ }}"
          timestamp: "{{ 1435065584.128 | humanizeTimestamp }}"
`;

export const intervalMs = 60_000;

/** Series in promtool's notation. */
export const inputSeries: readonly { readonly series: string; readonly values: string }[] = [
  { series: 'level{zone="a",kind="x"}', values: '1 1 10 10 10 10 1 1 10 1 1 1 200 200 1 1' },
  { series: 'level{zone="b",kind="y"}', values: '6 6 _ _ 7 stale _ _ 8 8 8 8 8 1 1 1' },
  { series: 'errors_total{job="shop",instance="1"}', values: '0+12x15' },
  { series: 'errors_total{job="shop",instance="2"}', values: '0 3 6 9 0 3 6 9 9 9 9 9 stale' },
  { series: 'errors_total{job="other",instance="2"}', values: '0x20' },
  { series: 'present', values: '1 1 1 stale 1 1 1 1 stale 1 _x4 1 1' },
  ...[
    '0',
    '1',
    '-1',
    '0.5',
    '0.125',
    '2.5',
    '0.001234',
    '0.00001234',
    '1234.5678',
    '123456',
    '1234567',
    '123456789.123',
    '1e-9',
    '3661',
    '90061.5',
    '-3661',
    'NaN',
    'Inf',
    '-Inf',
    '1024',
    '1048576',
    '59.99',
    '0.9999',
    '12345',
    '100000',
    '999999',
    '99995',
    '0.045',
    '1.005',
    '2.675',
  ].map((value) => ({
    series: `numbers{id="${value}"}`,
    values: `${value} _x20`,
  })),
];

export const alertNames = [
  'Immediately',
  'AfterTwoMinutes',
  'AfterOddTime',
  'KeepsFiring',
  'OnRecorded',
  'Missing',
  'FlapsWithStaleness',
  'NeverTrue',
  'Self',
  'Always',
  'Formats',
  'Templates',
] as const;

export const expressions = [
  'ALERTS',
  'ALERTS_FOR_STATE',
  'job:errors:rate5m',
  'job:errors:doubled',
  'present',
  'count_over_time(present[3m])',
  'count(level:nan)',
  'level',
  'increase(errors_total[4m])',
  'resets(errors_total[10m])',
  'count_over_time(level[3m])',
  'last_over_time(present[2m])',
  'present offset 1m',
  'absent(present)',
  'sum_over_time((present)[4m:1m])',
] as const;

export const evalMinutes = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15] as const;
