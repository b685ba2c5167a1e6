// `sekisho probe <address>`: one real test message through the running relay, followed until its first attempt is over.

import { parseDuration } from '../config/values.ts';
import { explain } from './explain.ts';
import type { Arguments } from './flags.ts';
import type { Program } from './program.ts';
import { loadedOrFaults } from './settings.ts';
import { type ExitCode, exitCodes } from './terminal.ts';

export async function probe(program: Program, given: Arguments): Promise<ExitCode> {
  const { terminal } = program;
  const [address, ...more] = given.words;
  const patience = parseDuration(given.flags.text('timeout') ?? '60s');
  if (address === undefined || more.length > 0 || !address.includes('@') || patience === undefined) {
    terminal.err('sekisho: one address is wanted, e.g. sekisho probe me@example.org --timeout 60s\n');
    return exitCodes.usage;
  }
  const loaded = loadedOrFaults(program, given);
  if (loaded === undefined) return exitCodes.usage;
  const relay = program.relay(loaded, given.flags);
  const id = await relay.probe(address);
  const deadline = program.now() + patience * 1000;
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
