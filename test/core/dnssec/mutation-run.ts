// `npm run mutation [-- --write] [-- --whole]`: the mutations of mutations.ts on all cases of the laboratory, and the work that
// costly answers come to. Ends with 1 at the first thing believed that is not true. --whole takes every octet, three ways.

import { isToWrite, table, writeSection } from '../../proof/document.ts';
import { costlyCases } from './costly.ts';
import { lookUp, verdictOf } from './driver.ts';
import { labWorld } from './lab-world.ts';
import { assertHolds, mutationsOf, type Subject } from './mutations.ts';

const world = labWorld();

const zones = ['nsec.test', 'nsec3.test', 'optout.test', 'iter51.test', 'signed.nsectld'] as const;
const subjects: readonly Subject[] = [
  ...zones.flatMap((zone): readonly Subject[] => [
    [`_25._tcp.mx.${zone}`, 'TLSA'],
    [`nowhere.${zone}`, 'TLSA'],
  ]),
  ['signed.test', 'MX'],
  ['signed.test', 'DS'],
  ['mx.nsec3.test', 'TLSA'],
  ['any.wild.nsec.test', 'A'],
  ['any.wild.nsec3.test', 'A'],
  ['any.wild.nsec3.test', 'TLSA'],
  ['a.b.nsec.test', 'A'],
  ['secure.alias.test', 'A'],
  ['mx.dname.alias.test', 'A'],
  ['unsigned.alias.test', 'A'],
  ['back.alias.insec', 'A'],
  ['mx.unsigned.nsectld', 'A'],
  ['mx.unsigned.ent2.n3tld', 'A'],
  ['mx.island.test', 'A'],
  ['mx.expired.test', 'A'],
  ['_25._tcp.mx.alg8.test', 'TLSA'],
  ['_25._tcp.mx.alg15.test', 'TLSA'],
];

const isWhole = process.argv.includes('--whole');
const density = isWhole ? { fields: 1, every: 1, masks: [0x01, 0x80, 0xff] } : { fields: 1, every: 4, masks: [0x01] };
const mutations = new Map<string, number>();
const ends = new Map<string, number>();
const add = (counts: Map<string, number>, word: string): void => void counts.set(word, (counts.get(word) ?? 0) + 1);
for (const subject of subjects) {
  const truth = lookUp(world, ...subject);
  let count = 0;
  for (const { kind, says, meddle } of mutationsOf(world, subject, density)) {
    const proof = lookUp(world, ...subject, { meddle });
    assertHolds(truth, proof, `${subject.join(' ')}: ${kind}: ${says}`);
    add(mutations, kind);
    add(ends, `${truth.state} → ${proof.state}`);
    count += 1;
  }
  console.log(`${subject.join(' ').padEnd(40)} ${verdictOf(truth).padEnd(32)} ${count} mutations, none believed`);
}
const costly = costlyCases(world).map(({ says, unbounded, proof }) => [
  says,
  unbounded,
  String(proof.work.verifications),
  String(proof.work.failedVerifications),
  String(proof.work.nsec3Hashes),
  String(proof.work.queries),
  verdictOf(proof),
]);
const columns = ['Answer', 'Without limits', 'Verifications', 'failed', 'NSEC3 hashes', 'Questions', 'Verdict'];
console.log(costly.map((row) => row.join(', ')).join('\n'));

const total = [...mutations.values()].reduce((sum, count) => sum + count, 0);
const number = (count: number): string => count.toLocaleString('en');
const text = [
  `## Mutation: \`npm run mutation${isWhole ? ' -- --whole' : ''}\``,
  `${number(total)} mutations of the answers to ${subjects.length} questions of the laboratory. Nothing but the truth became secure, nothing secure or bogus became insecure, nothing threw. Of each record every octet of the fields was changed${isWhole ? ', and of keys and signatures' : ', of keys and signatures every fourth'}. (One ground is excepted: a zone with too many NSEC3 iterations is insecure wherever its denial is shown, RFC 9276 §3.2.) A thinned-out form is part of \`npm test\`.`,
  table(
    ['What was done', 'Times'],
    [...mutations].map(([kind, count]) => [kind, number(count)]),
  ),
  table(
    ['Verdict before and after', 'Times'],
    [...ends].sort().map(([end, count]) => [end, number(count)]),
  ),
  '### Work of costly answers',
  'As the budget counts it, over both of two tries (SEC-34). The limits of one question: 64 questions, 100 verifications, 16 failed ones; 32 hashes for each denial (SEC-40). What was asked for past a limit is counted and refused; of failures the one that passes it has been seen.',
  table(columns, costly),
].join('\n\n');
if (isToWrite()) writeSection('mutation', text);
