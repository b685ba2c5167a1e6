// Does a password fit the hash of the users file: `sha256:<hex>` for long random tokens, `scrypt:<salt hex>:<hash hex>`.

import { createHash, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

const derive = promisify(scrypt) as (password: string, salt: Buffer, length: number) => Promise<Buffer>;

export async function passwordFits(password: string, stored: string | undefined): Promise<boolean> {
  // An unknown name costs as much as a wrong password.
  const [kind, first = '', second = ''] = (stored ?? 'scrypt:00:00').split(':');
  const given =
    kind === 'sha256'
      ? createHash('sha256').update(password).digest()
      : await derive(password, Buffer.from(first, 'hex'), Math.max(1, second.length / 2));
  const wanted = Buffer.from(kind === 'sha256' ? first : second, 'hex');
  return stored !== undefined && given.length === wanted.length && timingSafeEqual(given, wanted);
}
