// `sekisho probe <address>`: one real test message through the running relay, followed until its first attempt is over.

import { explain } from './explain.ts';
import { type Arguments, timeoutOf } from './flags.ts';
import type { Program } from './program.ts';
import { loadedOrFaults } from './settings.ts';
import { type ExitCode, exitCodes, printable } from './terminal.ts';

export async function probe(program: Program, given: Arguments): Promise<ExitCode> {
  const { terminal } = program;
  const [address, ...more] = given.words;
  if (address === undefined || more.length > 0 || !address.includes('@')) {
    terminal.err('sekisho: one address is wanted, e.g. sekisho probe me@example.org --timeout 60s\n');
    return exitCodes.usage;
  }
  const loaded = loadedOrFaults(program, given);
  if (loaded === undefined) return exitCodes.usage;
  const relay = program.relay(loaded, given.flags);
  const queued = await relay.probe(address);
  if (queued.kind === 'fault') {
    terminal.err(`sekisho: ${printable(queued.fault)}\n`);
    return exitCodes.usage;
  }
  const id = queued.value;
  const deadline = program.now() + timeoutOf(given.flags);
  while (program.now() < deadline) {
    const story = await relay.story(id);
    const states = story?.recipients.map((row) => row.state) ?? [];
    if (states.length > 0 && !states.includes('queued')) {
      await explain(program, { ...given, words: [id] });
      return states.includes('sent') ? exitCodes.yes : exitCodes.no;
    }
    await program.sleep(100);
  }
  terminal.err(`sekisho: ${id} is still under way; see: sekisho explain ${id}\n`);
  return exitCodes.unknown;
}
