// A check report as one self-contained page: dated, without script, readable on a phone and in print. Everything that a peer,
// a zone or a policy said passes through one escape.

import { escapeHtml, pageIn } from '../admin/status-page.ts';
import type { CheckedHost, CheckReport } from '../agent/probe.ts';
import type { Evidence } from '../core/base/evidence.ts';
import { narrate } from '../core/policy/narrate.ts';
import type { Language } from '../core/words/say.ts';
import { printable } from './terminal.ts';

export type MadeBy = {
  readonly at: string;
  readonly version: string;
  readonly resolver: string;
  readonly language?: Language;
};

const style = `body{font:16px/1.5 system-ui,sans-serif;max-width:62rem;margin:1.5rem auto;padding:0 1rem;color-scheme:light dark}
h1{font-size:1.4rem}h2{font-size:1.2rem;margin-top:2.2rem}h3{font-size:1rem;margin-top:1.6rem;overflow-wrap:anywhere}
.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.25rem .6rem .25rem 0;border-bottom:1px solid #8885;vertical-align:top;overflow-wrap:anywhere}
.rule,small{font-size:.85em;opacity:.85}code,pre{font-size:.9em;overflow-wrap:anywhere;white-space:pre-wrap}
.verdict{font-size:1.1rem;font-weight:bold;border-left:.4rem solid #888;padding-left:.7rem}
.pass{border-color:#1a7f37}.fail{border-color:#c00}.unknown{border-color:#b58900}th{font-weight:normal;white-space:nowrap}
@media(prefers-color-scheme:dark){body{background:#121212;color:#eee}a{color:#9cf}.pass{border-color:#4ac26b}.fail{border-color:#ff6a69}.unknown{border-color:#e3b341}}
@media(max-width:30rem){th,td{display:block;border:0;padding-right:0}tr{display:block;padding:.3rem 0;border-bottom:1px solid #8885}}
@media print{body{max-width:none;margin:0;color:#000;background:#fff}h2{break-before:page}h2:first-of-type{break-before:auto}tr,h3{break-inside:avoid;break-after:avoid}}`;

const marks: Readonly<Record<Evidence['outcome'], string>> = {
  pass: '● holds',
  fail: '✗ broken',
  unknown: '? could not tell',
  'not-applicable': '○ does not apply',
};

const verdicts: Readonly<Record<CheckReport['verdict'], readonly [string, string]>> = {
  cleared: ['pass', '● would deliver'],
  blocked: ['fail', '✗ would NOT deliver'],
  undetermined: ['unknown', '? could not tell, mail would wait'],
};

/** ATK-112, ATK-115: markup and direction are ours alone. */
const safe = (text: string): string => escapeHtml(printable(text));

export function checkPage(reports: readonly CheckReport[], made: MadeBy): string {
  const title = `sekisho check: ${reports.map(({ domain }) => domain).join(', ')}`;
  return pageIn(
    made.language ?? 'en',
    `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${safe(title)}</title><style>${style}</style></head><body>
<h1>What would happen to mail</h1>
<p>Looked at <time datetime="${safe(made.at)}">${safe(made.at)}</time>, answers from ${safe(made.resolver)}, by sekisho ${safe(made.version)}.
No mail was sent.</p>
${overview(reports)}${reports.map(section).join('\n')}
<p><small>${Object.values(marks)
      .map((text) => `<span>${safe(text)}</span>`)
      .join(' &nbsp; ')}</small></p>
</body></html>
`,
  );
}

/** Several domains: what became of each, before the details. */
const overview = (reports: readonly CheckReport[]): string =>
  reports.length < 2
    ? ''
    : `<ul>${reports
        .map(
          ({ domain, verdict, level, reason }, at) =>
            `<li><a href="#d${at}">${safe(domain)}</a>: <span>${safe(verdicts[verdict][1])}</span> <span>${safe(reason ?? level ?? '')}</span></li>`,
        )
        .join('')}</ul>
`;

function section(report: CheckReport, at: number): string {
  const [kind, words] = verdicts[report.verdict];
  const sum = [words, report.level, report.reason].filter((part) => part !== null).join(' · ');
  return `<h2 id="d${at}">${safe(report.domain)}</h2>
<p class="verdict ${kind}">${safe(sum)}</p>
<p>Judged as of ${safe(report.at)}.</p>
${
  report.reason === null
    ? ''
    : `<ul>${report.explain
        .slice(0, 3)
        .map((line) => `<li>${safe(line)}</li>`)
        .join('')}</ul>`
}
${rungs(report.evidence)}
${facts(report)}
${lapsed(report)}
${report.hosts.map(hostPart).join('\n')}`;
}

const rows = (cells: readonly (readonly string[])[]): string =>
  cells
    .map(
      ([head = '', ...row]) => `<tr><th scope="row">${head}</th>${row.map((cell) => `<td>${cell}</td>`).join('')}</tr>`,
    )
    .join('');

const tableOf = (cells: readonly (readonly string[])[]): string =>
  cells.length === 0 ? '' : `<div class="scroll"><table>${rows(cells)}</table></div>`;

const rungs = (evidence: readonly Evidence[]): string =>
  tableOf(
    narrate(evidence).map(({ outcome, rung, text, rule }) => [
      safe(marks[outcome]),
      safe(rung),
      `${safe(text)} <span class="rule">${safe(rule)}</span>`,
    ]),
  );

function facts({ mx, sts, tlsrpt }: CheckReport): string {
  const policy =
    sts.mode === null
      ? `${sts.state}${sts.says === null ? '' : `: ${sts.says}`}`
      : `mode ${sts.mode}, id ${sts.id ?? ''}, max_age ${sts.maxAge ?? ''}, ${sts.mx.join(' ')} (${sts.source ?? ''})`;
  const reporting = tlsrpt === null ? 'not asked' : `${tlsrpt.state} ${tlsrpt.rua.join(' ')}`.trim();
  return tableOf([
    ['MX', `${safe(mx.hosts.join(' '))} <span class="rule">${safe(mx.state)}</span>`],
    ['MTA-STS', safe(policy)],
    ['TLSRPT', safe(reporting)],
  ]);
}

const lapsed = ({ lapsed: list, at, renewed }: CheckReport): string =>
  list.length === 0
    ? ''
    : `<h3>Over by ${safe(at)}</h3>${renewed === null ? '' : `<p>With all zones signed anew by then: ${safe([verdicts[renewed.verdict][1], renewed.level, renewed.reason].filter((part) => part !== null).join(' · '))}.</p>`}${tableOf(list.map(({ until, what, name, says }) => [safe(until), safe(what), `${safe(name)}: ${safe(says)}`]))}`;

function hostPart(host: CheckedHost): string {
  const worlds =
    host.worlds === null
      ? []
      : (
          [
            ['a DANE sender', host.worlds.dane],
            ['a WebPKI sender (MTA-STS, REQUIRETLS)', host.worlds.webpki],
            ['an opportunistic sender', host.worlds.opportunistic],
          ] as const
        ).map(([name, { outcome, says }]) => [safe(marks[outcome]), name, safe(says)]);
  const about: (readonly string[])[] = [
    ['Addresses', `${safe(host.addresses.join(' '))} <span class="rule">${safe(host.addresses_state)}</span>`],
    ['TLSA', safe(`${host.tlsa_state ?? ''} ${host.tlsa_base ?? ''}`)],
    ...host.records.map((record) => ['', `<code>${safe(record.slice(0, 200))}</code>`] as const),
    ['TLS', safe([host.tls_version, host.tls_cipher].filter((part) => part !== null).join(' ') || '-')],
    ['Proven', safe(host.authn)],
    ['REQUIRETLS', safe(host.requiretls ?? 'not heard')],
    ...host.chain.map(
      ({ subject, issuer, notBefore, notAfter, spkiSha256 }, depth) =>
        [
          `Certificate ${depth}`,
          `${safe(subject ?? '')}<br><span>issued by</span> ${safe(issuer ?? '')}<br><span>valid</span> ${safe(notBefore ?? '')} … ${safe(notAfter ?? '')}<br><span>key SHA-256</span> <code>${safe(spkiSha256 ?? '')}</code>`,
        ] as const,
    ),
    ...host.attempts.map(
      ({ ip, tls_achieved, authn, reason }) =>
        ['Tried', safe(`${ip ?? ''}: ${reason ?? 'ok'}, ${tls_achieved ?? 'no TLS'}, ${authn}`)] as const,
    ),
    ...host.deviations.map(({ says }) => ['Note', safe(says)] as const),
    ...(host.would_match === null ? [] : [['Would match', `<code>${safe(host.would_match)}</code>`] as const]),
  ];
  return `<h3>${safe(host.host)}${host.reason === null ? '' : ` · ${safe(host.reason)}`}</h3>
${tableOf(worlds)}${rungs(host.evidence)}${tableOf(about)}`;
}
