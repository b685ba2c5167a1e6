// Gives every reader long rows of one unit, and says which it is about to give to whom.

import { parentPort } from 'node:worker_threads';
import { readers } from './targets.ts';

/** What a policy body and a TXT set may hold. */
const size = 64 * 1024;
const units = [
  ' ',
  '\t',
  '\r',
  '\n',
  '\r\n',
  '.',
  ';',
  ':',
  ',',
  '-',
  '"',
  '\\',
  '(',
  '<',
  '@',
  '+',
  '0',
  'a',
  'a.',
  '" "',
  '= ',
];
const lead = new Map([
  ['sts-record', ['v=STSv1;', 'v=STSv1; a=']],
  ['sts-policy', ['', 'mx: ']],
  ['commands', ['MAIL FROM:<', 'RCPT TO:<a@b> ORCPT=rfc822;', 'MAIL FROM:']],
  ['ehlo', ['x\n', 'x\nSIZE ', 'x\nAUTH ']],
  ['smtp-replies', ['250 ', '250-']],
  ['headers', ['TLS-Required:', 'a']],
  ['pem', ['-----BEGIN CERTIFICATE-----', '-----BEGIN A']],
  ['admin-requests', ['\u0001']],
]);

// The command line is the operator's own.
for (const { name, read } of readers.filter(({ name }) => name !== 'flags')) {
  for (const before of lead.get(name) ?? ['']) {
    for (const unit of units) {
      const row = unit.repeat(Math.floor(size / unit.length));
      parentPort?.postMessage(`${name} ${JSON.stringify(before + unit)}`);
      for (const octets of [`${before}${row}`, `${before}${row}\u0001`]) await read(Buffer.from(octets));
    }
  }
}
parentPort?.postMessage('done');
