// The chapters of the manual that show commands: each is run in the laboratory, and says what the chapter says.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { makeSelfSigned } from '../src/adapters/smtp/server-certificate.ts';
import { SmtpTalk } from './lab/smtp-talk.ts';
import { named, openWorld, sekisho, type World } from './relay/world.ts';

const folder = mkdtempSync(join(tmpdir(), 'sekisho-manual-'));
after(() => rmSync(folder, { recursive: true }));

let world: World;
before(async () => {
  world = await openWorld(named('both', 'mx-bogus', 'dane-bogus', 'dane-mismatch', 'dane-unsigned-zone', 'plain'));
});

const chapter = (name: string): string => readFileSync(join(import.meta.dirname, '../docs', name), 'utf8');

/** In PEM. */
async function presentedAt(host: string): Promise<string> {
  const talk = SmtpTalk.to({ address: world.lab.host(host).address, port: world.lab.ports.smtp });
  await talk.reply();
  await talk.say('EHLO a.test');
  await talk.say('STARTTLS');
  const { raw } = (await talk.secure()).getPeerCertificate();
  talk.close();
  return `-----BEGIN CERTIFICATE-----\n${raw.toString('base64')}\n-----END CERTIFICATE-----\n`;
}

type Shown = { readonly argv: readonly string[]; readonly lines: readonly string[] };

/** Commands of a chapter and what it shows of their answers. */
function shownIn(text: string): readonly Shown[] {
  return [...text.matchAll(/^```console\n([\s\S]*?)^```/gm)].flatMap(([, block = '']) =>
    block
      .split(/^\$ sekisho /m)
      .slice(1)
      .map((part) => {
        const [command = '', ...lines] = part.trimEnd().split('\n');
        return { argv: command.split(' '), lines };
      }),
  );
}

/** @param moved paths of the chapter to those of this test. */
async function holds(name: string, moved: (word: string) => string = (word) => word): Promise<number> {
  const shown = shownIn(chapter(name));
  for (const { argv, lines } of shown) {
    const { out, err } = await sekisho(world, ...argv.map(moved));
    const said = out.split('\n');
    for (const line of lines) {
      const wanted = line.replace(/ …$/, '');
      assert.ok(
        said.some(
          (one) =>
            one === wanted || (wanted !== line && one.startsWith(wanted)) || one.trim().startsWith(wanted.trim()),
        ),
        `sekisho ${argv.join(' ')}: ${line}\n${out}${err}`,
      );
    }
  }
  return shown.length;
}

test('OPS-8 the chapter on trust names what each protocol rests on, and its commands show it', async () => {
  const text = chapter('trust.md');
  for (const word of ['any authority', 'First contact', 'RFC 8461 §10.2', 'registrar', 'RFC 7671 §11', 'bogus'])
    assert.ok(text.includes(word), word);
  assert.ok((await holds('trust.md')) >= 6);
});

test('OPS-63 the recipes name certbot, dehydrated, zones, web forms and Postfix, and their commands work', async () => {
  const text = chapter('recipes.md');
  for (const word of ['reuse_key', 'PRIVATE_KEY_RENEW', '$INCLUDE', 'nsd', 'BIND', 'Knot', 'Web forms', '`dane-only`'])
    assert.ok(text.includes(word), word);
  writeFileSync(join(folder, 'fullchain.pem'), await presentedAt('mx.both.test'));
  writeFileSync(join(folder, 'privkey.roll.pem'), (await makeSelfSigned('mx.both.test')).key);
  const moved = (word: string): string => word.replace(/^\/etc\/.*\//, `${folder}/`);
  assert.ok((await holds('recipes.md', moved)) >= 7);
});
