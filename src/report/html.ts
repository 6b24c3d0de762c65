import { createHash } from 'node:crypto';

/** Markup that is safe to embed: made by `html` from escaped values or by `raw`. */
export class Markup {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

type Part = string | number | undefined | false | Markup | readonly Markup[];

/** Tagged template: every value is escaped unless it is Markup. What agents and clusters wrote is hostile data. */
export function html(strings: TemplateStringsArray, ...values: Part[]): Markup {
  let out = strings[0]!;
  values.forEach((value, index) => {
    out += render(value) + strings[index + 1]!;
  });
  return new Markup(out);
}

export function raw(text: string): Markup {
  return new Markup(text);
}

function render(value: Part): string {
  if (value === undefined || value === false) return '';
  if (value instanceof Markup) return value.text;
  if (Array.isArray(value)) return value.map((item) => item.text).join('');
  return escapeHtml(String(value));
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']|(?![\n\t])[\p{Cc}\p{Cf}]/gu, (character) => {
    switch (character) {
      case '&':
        return '&amp;';
      case '<':
        return '&lt;';
      case '>':
        return '&gt;';
      case '"':
        return '&quot;';
      case "'":
        return '&#39;';
      default:
        return '\ufffd';
    }
  });
}

/**
 * A whole page: one file, no network, light and dark. No script runs in it but the given one, which the browser knows
 * by its hash.
 */
export function page(title: string, body: Markup, script = ''): string {
  const scriptHash = createHash('sha256').update(script).digest('base64');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src ${script === '' ? "'none'" : `'sha256-${scriptHash}'`}">
<title>${escapeHtml(title)}</title>
<style>${style}</style>
</head>
<body>
<main>
${body.text}
</main>
${script === '' ? '' : `<script>${script}</script>\n`}</body>
</html>
`;
}

const style = `
:root{color-scheme:light dark;--ink:#1d2230;--soft:#5d6475;--line:#d9dde6;--paper:#fff;--panel:#f6f7fa;--red:#c8321f;--amber:#b06a00;--green:#1f7a45;--blue:#2457c5}
@media (prefers-color-scheme:dark){:root{--ink:#e6e9f0;--soft:#9aa3b5;--line:#353b4a;--paper:#14171f;--panel:#1c202b;--red:#ff7b6b;--amber:#f0b04f;--green:#5ccf8d;--blue:#85a9ff}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
main{max-width:1120px;margin:0 auto;padding:28px 24px 60px}
h1{font-size:25px;margin:0 0 4px}h2{font-size:18px;margin:34px 0 10px}
p.lead{color:var(--soft);margin:0 0 14px}
code,.mono{font:13px/1.45 ui-monospace,SFMono-Regular,Menlo,monospace}
table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:6px 10px;border-bottom:1px solid var(--line);vertical-align:top}
th{font-weight:600;color:var(--soft);font-size:13px}td.number,th.number{text-align:right;font-variant-numeric:tabular-nums}
.tag{display:inline-block;padding:0 7px;border-radius:9px;background:var(--panel);border:1px solid var(--line);font-size:12px}
.cause{color:var(--red);font-weight:600}.symptom{color:var(--amber)}.soft{color:var(--soft)}.good{color:var(--green)}.bad{color:var(--red)}
figure{margin:0;background:var(--panel);border:1px solid var(--line);border-radius:8px;padding:10px;overflow-x:auto}
svg text{fill:var(--ink);font:12px system-ui,sans-serif}svg .soft{fill:var(--soft)}
details>summary{cursor:pointer;color:var(--blue)}
h3{font-size:15px;margin:22px 0 8px}a{color:var(--blue)}.scroll{overflow-x:auto}.scroll td,.scroll th{white-space:nowrap}
section.task{border-top:1px solid var(--line);margin-top:26px}section.task>h2{margin-top:18px}
details.sample{border:1px solid var(--line);border-radius:8px;padding:6px 12px;margin:6px 0}
pre{margin:2px 0 10px;padding:8px 10px;background:var(--panel);border-radius:6px;overflow:auto;max-height:420px;white-space:pre-wrap;overflow-wrap:anywhere;font:12px/1.45 ui-monospace,SFMono-Regular,Menlo,monospace}
.step{color:var(--soft);font-size:12px}form.filter{display:flex;gap:10px;flex-wrap:wrap;margin:10px 0}
form.filter input,form.filter select{font:inherit;padding:3px 8px;border:1px solid var(--line);border-radius:6px;background:var(--paper);color:var(--ink)}
div.plots{display:flex;gap:20px;flex-wrap:wrap}div.plots>div{flex:1 1 420px;max-width:560px}
[hidden]{display:none!important}
`;
