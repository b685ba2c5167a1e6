// What `sekisho help <verb>` teaches beside examples and flags: how the answer is read. One text for each verb of the table.

export const helpTexts: Readonly<Record<string, string>> = {
  run: 'It stays in the foreground and logs to standard error, one JSON line for each event; SIGHUP reads the configuration anew, SIGTERM lets what is under way finish. Without any configuration it takes mail on 127.0.0.1:2525.',
  lab: 'Everything happens on this machine, with a signed root of its own. The lines at the start say where to look, what to send and which domains there are; each has one trait or flaw.',
  siege:
    'One line for each attack: held, or what got through and where it arrived. Exit 1 means that mail went where it must not go.',
  check:
    'Read the ladder from above: each rung says what was found and which rule that is; the last line is what delivery would do. "Could not tell" is neither yes nor no: mail would wait. ● (+ with --ascii) holds, ✗ (x) is broken, ? could not be told, ○ (-) does not apply or is what must be proven.',
  trace:
    '-> is what we say, <- what they say, ~> and <~ the same inside TLS, === what happened. With a domain nothing is sent but EHLO, STARTTLS and QUIT. Without one the dialogues of the running relay are shown; --domain, --from and --to pick sessions.',
  explain:
    'The message from above: what its sender asked for, each attempt with the evidence that decided it, what comes next. The reason codes can be looked up: sekisho help <code>.',
  probe:
    'One real message with a word of its own: the dialogue, the record, what was reached, and how to find the word and the TLS parameters in the Received field at the other end. --expect makes it a scheduled check (docs/gmail.md).',
  doctor:
    'Each line is one thing that the relay needs; beneath what is wrong or could not be told stands what to do about it. Exit 3 and "not tested" for port 25: no host could be reached, which is usual where providers close it.',
  dns: 'secure: proven from the trust anchor. insecure: proven to be unsigned. bogus: signed, and wrong. indeterminate: no answer. The chain names the zone and key that decided.',
  queue:
    'An act on the queue says first how many messages and recipients fit; bounce and drop ask, or want --yes. The last column is the reason code of the last attempt: sekisho help <code>.',
  log: 'One line for each attempt, oldest first: recipients, host, status, what came of it, and in brackets what protected it or the reason code. The records are those of the queue, kept as long as queue.keep_history says; nothing is read from log files.',
  destination:
    'SHOWN is the strongest thing that the host proved last: dane, webpki, encrypted, cleartext. BECAUSE is why the last attempt failed. show adds the cached policy and the last attempts.',
  policy:
    'list and show read what the running relay has cached; refresh fetches anew; forget is for a domain that has lost its policy by accident. make and lint need no relay: they are for the policy of a domain of your own.',
  tlsa: 'make prints records and checks them against what they were made from; check compares what is published with what is presented and names the record that would match. Publish first, wait, then install: never both at once.',
  report:
    'TLS reports (RFC 8460): list and show are those of this relay, preview is what would be sent, read summarises reports that others sent to you.',
  sendmail:
    'It takes a message on standard input as /usr/sbin/sendmail does, hands it to the relay, and ends with the statuses of sysexits.',
  config:
    'check reads everything that the relay would read, keys and anchors too, and names place and remedy of each fault. show --source tells where each value comes from.',
  health:
    'Exit 0 while the relay lives; with --ready while it takes and delivers mail, and else the reasons. Made for HEALTHCHECK.',
  completion: 'The script is printed; where it belongs is said in its first line.',
  man: 'The page is printed for man(7), made of the same table as this help.',
  version: 'The version of the program and of the Node it runs on.',
};
