// Messages that mail servers like to alter, and the comparison below our own trace field (SMTP-14).

/** CRLF line ends; the last may lack its own. */
export type Sample = { readonly name: string; readonly message: Buffer };

const header = (name: string): string =>
  [
    'Received: from nowhere.invalid (nowhere.invalid [192.0.2.1])',
    '\tby elsewhere.invalid;   Sat, 21 Nov 2026 00:00:00 +0000',
    'From:   "A. Sender" <sender@sender.test>',
    'To: friends:;',
    'Date: Sat, 21 Nov 2026 00:00:00 +0000',
    `Message-ID: <${name}@sender.test>`,
    'subject: kept  as   it is,',
    '\t folded by a tab and a blank ',
    'X-Odd:no blank behind the colon',
    `X-Long: ${'long '.repeat(150)}`,
    'X-Twice: one',
    'X-Twice: two',
  ].join('\r\n');

const sample = (name: string, body: string): Sample => ({
  name,
  message: Buffer.concat([Buffer.from(`${header(name)}\r\n\r\n`), Buffer.from(body, 'latin1')]),
});

const everyOctet = Array.from({ length: 256 }, (_, octet) => String.fromCharCode(octet))
  .join('')
  .replace(/[\0\r\n]/g, '');

export const samples: readonly Sample[] = [
  sample('plain', 'hello\r\n'),
  sample('eight-bit', `Gr\xfc\xdfe, \xe9\xa0\xbc, and every other octet:\r\n${everyOctet}\r\n`),
  sample('long-lines', `${'a'.repeat(998)}\r\n${'b'.repeat(1999)}\r\n${'c '.repeat(5000)}\r\nend\r\n`),
  sample('dots', '.\r\n..\r\n.dot\r\n...\r\nFrom the start\r\n>From quoted\r\n.'.concat('\r\n')),
  sample('trailing-blanks', 'two blanks  \r\ntab\t\r\n \r\n\t\r\nend\r\n\r\n\r\n'),
  sample('no-final-newline', 'the last line has no end'),
  sample('no-body', ''),
];

/** LF line ends, as a mailbox and the sendmail command have them. */
export const unixLines = (message: Uint8Array): Buffer =>
  Buffer.from(Buffer.from(message).toString('latin1').replaceAll('\r\n', '\n'), 'latin1');

/** What a mailbox must hold of a message: LF line ends, and an end to the last line. */
export function asStored({ message }: Sample): Buffer {
  const lines = unixLines(message);
  return lines.at(-1) === 0x0a ? lines : Buffer.concat([lines, Buffer.from('\n')]);
}

export type Trace = {
  /** Our field, unfolded. */
  readonly field: string;
  /** Every octet behind it. */
  readonly below: Buffer;
};

/** Finds the Received field of that relay in a stored message. @throws Error when there is not exactly one. */
export function traceOf(stored: Buffer, hostname: string): Trace {
  const text = stored.toString('latin1');
  const head = text.slice(0, text.indexOf('\n\n') + 1);
  const ours = [...head.matchAll(/^Received:.*\n(?:[ \t].*\n)*/gm)].filter(([field]) =>
    field.includes(`by ${hostname} `),
  );
  const [found] = ours;
  if (found === undefined || ours.length > 1) throw new Error(`${ours.length} fields of ${hostname} in ${head}`);
  return {
    field: found[0].replace(/\n[ \t]+/g, ' ').trim(),
    below: Buffer.from(text.slice(found.index + found[0].length), 'latin1'),
  };
}

/** The message with that name among those stored. */
export const named = (stored: readonly Buffer[], name: string): Buffer | undefined =>
  stored.find((message) => message.includes(`Message-ID: <${name}@sender.test>`));
