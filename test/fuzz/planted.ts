// Are the tests awake? Plants one fault at a time into a copy of the tree and looks who notices: the named tests of denial
// and attack, the mutation tests, and the differential run with its attacker. `node test/fuzz/planted.ts [name…]`.

import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

type Fault = {
  readonly name: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
  /** Only single rules show it: another rule stands behind this one, or chance seldom makes the case. */
  readonly seenBy?: 'named tests';
};

const faults: readonly Fault[] = [
  {
    name: 'ancestor-delegation NSEC accepted (SEC-11)',
    file: 'src/core/dnssec/denial-nsec.ts',
    from: 'types.has(RrType.NS) && !types.has(RrType.SOA);',
    to: 'types.has(RrType.NS) && types.size === 0;',
  },
  {
    name: 'CNAME bit skipped (SEC-13)',
    file: 'src/core/dnssec/denial-nsec.ts',
    from: 'if (types.has(type) || types.has(RrType.CNAME)) return false;',
    to: 'if (types.has(type)) return false;',
  },
  {
    name: 'opt-out span as secure denial (SEC-18)',
    file: 'src/core/dnssec/denial-nsec3.ts',
    from: "  if (gap.span.optOut) return { kind: 'insecure', because: 'opt-out' };\n  return { kind: 'absent'",
    to: "  return { kind: 'absent'",
  },
  {
    name: 'wildcard at the closest encloser not denied (SEC-14)',
    file: 'src/core/dnssec/denial-nsec.ts',
    from: 'if (coverOfWildcard === undefined) return incomplete;',
    to: 'if (coverOfWildcard === undefined) return nxdomain;',
    seenBy: 'named tests',
  },
  {
    name: 'wildcard expansion without proof (SEC-19)',
    file: 'src/core/dnssec/positive.ts',
    from: 'if (verdict.expandedAt === undefined) return secured;',
    to: 'if (verdict.expandedAt !== null) return secured;',
  },
  {
    name: "child's apex record denies its DS (SEC-10)",
    file: 'src/core/dnssec/denial-nsec.ts',
    from: 'if (types.has(RrType.DS) || types.has(RrType.SOA)) return incomplete;',
    to: 'if (types.has(RrType.DS)) return incomplete;',
    seenBy: 'named tests',
  },
  {
    name: 'missing signature is insecure (SEC-4)',
    file: 'src/core/dnssec/positive.ts',
    from: "?? bogusAnswer('missing-signature');\n  }",
    to: "?? ({ kind: 'insecure', because: 'no-anchor', ttl: seconds(0) } as const);\n  }",
  },
  {
    name: 'expired signatures accepted (SEC-5)',
    file: 'src/core/dnssec/signature.ts',
    from: "if (secondsLeft(rrsig, now) < 0) return 'signature-expired';",
    to: '',
  },
];

const watchers: readonly { readonly name: string; readonly run: (copy: string) => readonly string[] }[] = [
  { name: 'named tests', run: (copy) => tests(copy, (file) => !file.startsWith('mutation')) },
  {
    name: 'mutation',
    run: (copy) => [...tests(copy, (file) => file.startsWith('mutation')), 'test/properties/replayed-denials.test.ts'],
  },
  { name: 'differential', run: () => ['test/interop/differential-run.ts'] },
];

function tests(copy: string, pick: (file: string) => boolean): readonly string[] {
  const folder = 'test/core/dnssec';
  const files = readdirSync(join(copy, folder)).filter((file) => file.endsWith('.test.ts') && pick(file));
  return ['--test', ...files.map((file) => join(folder, file))];
}

const root = join(import.meta.dirname, '../..');
const wanted = process.argv.slice(2);
const copy = mkdtempSync(join(tmpdir(), 'sekisho-planted-'));
try {
  for (const folder of ['src', 'test', 'docs', 'policies', 'package.json'])
    cpSync(join(root, folder), join(copy, folder), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  if (report('nothing planted', undefined).some((noticed) => noticed))
    throw new Error('the tests fail without a fault');
  const missed = faults
    .filter(({ name }) => wanted.length === 0 || wanted.some((word) => name.includes(word)))
    .filter((fault) => {
      const noticed = report(fault.name, fault);
      return fault.seenBy === undefined ? noticed.includes(false) : noticed[0] === false;
    });
  process.exitCode = missed.length === 0 ? 0 : 1;
} finally {
  rmSync(copy, { recursive: true, force: true });
}

/** One line of the table; for each watcher whether it noticed. */
function report(name: string, fault: Fault | undefined): readonly boolean[] {
  const undo = fault === undefined ? () => {} : plant(fault);
  const noticed = watchers.map((watcher) => {
    try {
      const env = { ...process.env, SEED: process.env.SEED ?? '7', QUESTIONS: '1000', PER_WORLD: '1000' };
      execFileSync(process.execPath, watcher.run(copy), { cwd: copy, stdio: 'ignore', env });
      return false;
    } catch {
      return true;
    }
  });
  undo();
  const words = watchers.map((watcher, index) => `${watcher.name}: ${noticed[index] ? 'NOTICED' : 'quiet'}`);
  console.log(`${name.padEnd(56)} ${words.join('  ')}`);
  return noticed;
}

function plant({ file, from, to }: Fault): () => void {
  const path = join(copy, file);
  const text = readFileSync(path, 'utf8');
  if (text.split(from).length !== 2) throw new Error(`${file} does not hold this once: ${from}`);
  writeFileSync(path, text.replace(from, to));
  return () => writeFileSync(path, text);
}
