// Hands one message to a listener on this machine, as an application beside the relay does: STARTTLS when it is offered, the
// certificate not looked at, for the way is loopback. Used by the laboratory.

import SMTPConnection from 'nodemailer/lib/smtp-connection';

export type HandOver = {
  readonly port: number;
  readonly from: string;
  readonly to: string;
  readonly requiretls: 'asked' | 'no';
  readonly raw: Uint8Array;
};

/** @returns the text of the final reply. @throws Error with the reply that refused it. */
export function handOver(message: HandOver): Promise<string> {
  return new Promise((resolve, reject) => {
    const connection = new SMTPConnection({
      host: '127.0.0.1',
      port: message.port,
      name: 'localhost',
      opportunisticTLS: true,
      tls: { rejectUnauthorized: false },
      connectionTimeout: 10_000,
      greetingTimeout: 10_000,
      socketTimeout: 60_000,
    });
    connection.once('error', reject);
    connection.connect((failed?: Error | null) => {
      if (failed) return reject(failed);
      // The REQUIRETLS trap: this option, and no other, is RFC 8689.
      const envelope = {
        from: message.from,
        to: [message.to],
        requireTLSExtensionEnabled: message.requiretls === 'asked',
      };
      connection.send(envelope, Buffer.from(message.raw), (refused: Error | null, info?: { response: string }) => {
        connection.quit();
        if (refused || info === undefined) reject(refused ?? new Error('no reply'));
        else resolve(info.response);
      });
    });
  });
}
