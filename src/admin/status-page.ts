// One plain page, rendered on the server, that works without script: is the relay well, what waits, and why.

import type { MessageSummary } from '../agent/ports.ts';
import { harmless } from '../core/words/harmless.ts';
import { type Language, translate, translateLines } from '../core/words/say.ts';
import type { RelayStatus } from './api.ts';

/** Everything a peer or sender wrote passes through here. */
export const escapeHtml = (text: string): string =>
  harmless(text).replace(
    /[&<>"']/g,
    (char) =>
      (({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }) as Record<string, string>)[char] ?? '',
  );

/** OPS-64: the page with its texts in that language; markup, code and what strangers wrote stay. */
export function pageIn(language: Language, html: string): string {
  if (language === 'en') return html;
  const said = (text: string): string => {
    const whole = translate(language, text.trim());
    return whole === text.trim() ? translateLines(language, text) : text.replace(text.trim(), () => whole);
  };
  return html
    .replace('<html lang="en">', `<html lang="${language}">`)
    .replace(
      /(<(?:style|code)>[\s\S]*?<\/(?:style|code)>)|>([^<]*\p{L}[^<]*)(?=<)/gu,
      (all, kept?: string, text?: string) => (kept === undefined ? `>${escapeHtml(said(plainOf(text ?? '')))}` : all),
    );
}

const plainOf = (text: string): string =>
  text.replace(
    /&(?:amp|lt|gt|quot|#39|nbsp);/g,
    (entity) =>
      (({ '&amp;': '&', '&lt;': '<', '&gt;': '>', '&quot;': '"', '&#39;': "'" }) as Record<string, string>)[entity] ??
      ' ',
  );

const style =
  'body{font:16px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;color-scheme:light dark}table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #8884;vertical-align:top}code{font-size:.9em}.bad{font-weight:bold}';

export function statusPage(status: RelayStatus, stories: readonly MessageSummary[]): string {
  const ready = status.checks.every((found) => found.ok);
  const checks = status.checks.map(
    (found) =>
      `<tr><td${found.ok ? '' : ' class="bad"'}>${found.ok ? '● holds' : '✗ broken'}</td><td>${escapeHtml(found.check)}</td><td>${escapeHtml(found.says)}</td></tr>`,
  );
  const rows = stories.flatMap((story) =>
    story.recipients.map((row) => {
      const next =
        row.state === 'queued' || row.state === 'deferred'
          ? new Date(row.dueAt).toISOString().slice(0, 19).replace('T', ' ')
          : '';
      const cells = [
        story.message.id,
        row.recipient.mailbox.text,
        row.state,
        next,
        row.last === undefined ? '' : `${row.last.because}: ${row.last.says}`,
      ];
      return `<tr>${cells.map((cell) => `<td>${escapeHtml(cell)}</td>`).join('')}</tr>`;
    }),
  );
  const waiting =
    rows.length === 0
      ? `<p>Nothing waits. Send a first message to ${escapeHtml(status.listeners[0] ?? 'the listener')}.</p>`
      : `<table><tr><th>Queue id</th><th>To</th><th>State</th><th>Next attempt (UTC)</th><th>Because</th></tr>${rows.join('')}</table>`;
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>sekisho ${escapeHtml(status.hostname)}</title><style>${style}</style>
<h1>${escapeHtml(status.hostname)}</h1>
<p>${ready ? 'delivering' : '<b>not ready</b>'}, ${status.state}; version ${escapeHtml(status.version)}; ${status.stats.messages} messages in the queue</p>
<h2>Checks</h2><table>${checks.join('')}</table>
<h2>Waiting</h2>${waiting}
<p>The same on the command line: <code>sekisho queue list</code>, <code>sekisho explain &lt;queue id&gt;</code>, <code>sekisho health --ready</code></p>
${status.exceptions.length === 0 ? '' : `<h2>Exceptions in force</h2><ul>${status.exceptions.map((line) => `<li>${escapeHtml(line)}</li>`).join('')}</ul>`}
</html>`;
}
