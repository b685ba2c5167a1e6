// `npm run conformance` prints how many rows are proven, partial and open; `-- --write` writes docs/conformance.md and the
// counts in docs/proof.md; `-- --check` ends with 1 for what CI must not let through.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { reasons } from './conformance/open.ts';
import { counts, document, faultsOf, gather, render } from './conformance/rows.ts';
import { table, writeSection } from './proof/document.ts';

const root = join(import.meta.dirname, '..');
const found = gather(root, reasons);
const mode = process.argv[2];
const columns = ['', 'proven', 'partial', 'open'];
const printed = table(
  columns,
  counts(found).map((cells) => cells.map(String)),
);
console.log(printed);
if (mode === '--write') {
  writeFileSync(join(root, document), render(found));
  const says = 'Which row has which test, and why a row has none, stands in [conformance.md](conformance.md).';
  writeSection('conformance', ['## Conformance: `npm run conformance`', says, printed].join('\n\n'));
}
const faults = faultsOf(root, found);
for (const fault of faults) console.log(fault);
if (mode === '--check' && faults.length > 0) process.exitCode = 1;
