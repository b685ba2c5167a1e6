// A machine of its own on the other end of a cable: a network namespace joined to this one by a pair of virtual interfaces.
// It can be cut off, and then it is silent: no FIN, no RST, no ICMP, and what was sent to it is gone. Needs root and iproute2.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, readlinkSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

/** RFC 2544: for tests between machines, routed nowhere. */
export const near = '198.18.25.1';
export const far = '198.18.25.2';

export type FarMachine = {
  /** Runs there. The caller ends it. */
  spawn(file: string, args: readonly string[]): ChildProcess;
  cutOff(): void;
  /** Programs that run there are killed while nobody can hear of it; then the machine is back, as after a power cut. */
  comeBack(): Promise<void>;
  close(): void;
};

export async function plugIn(): Promise<FarMachine> {
  const holder = spawn('unshare', ['--net', 'sleep', '3600'], { stdio: 'ignore' });
  const network = `/proc/${holder.pid}/ns/net`;
  const ours = readlinkSync('/proc/self/ns/net');
  while (!existsSync(network) || readlinkSync(network) === ours) await pause(10);
  const ip = (words: string): string => execFileSync('ip', words.split(' ')).toString();
  const farIp = (words: string): string =>
    execFileSync('nsenter', [`--net=${network}`, 'ip', ...words.split(' ')]).toString();
  ip(`link add cable0 type veth peer name cable1 netns ${holder.pid}`);
  ip(`address add ${near}/30 dev cable0`);
  ip('link set cable0 up');
  farIp('link set lo up');
  farIp(`address add ${far}/30 dev cable1`);
  farIp('link set cable1 up');
  // Asked for by nobody, so that its silence is not told by ARP either.
  const [mac] = /\b([0-9a-f]{2}:){5}[0-9a-f]{2}\b/.exec(farIp('link show cable1')) ?? [];
  ip(`neighbour replace ${far} lladdr ${mac} nud permanent dev cable0`);
  const programs: ChildProcess[] = [];
  return {
    spawn: (file, args) => {
      const child = spawn('nsenter', [`--net=${network}`, file, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
      programs.push(child);
      return child;
    },
    // What comes for an address that it does not have it drops, and without one it can send nothing.
    cutOff: () => void farIp('address flush dev cable1'),
    comeBack: async () => {
      for (const child of programs.splice(0)) {
        const gone = new Promise((resolve) => child.once('close', resolve));
        child.kill('SIGKILL');
        await gone;
      }
      await pause(200);
      farIp(`address add ${far}/30 dev cable1`);
    },
    close: () => {
      for (const child of programs) child.kill('SIGKILL');
      holder.kill('SIGKILL');
    },
  };
}
