#!/usr/bin/env bash
# Debian's peers for the interop suite: name server tools on the machine, each mail server in a root of its own (their
# packages conflict), laid over the machine's own tree. Needs Debian and root; touches nothing but Debian packages and
# $SEKISHO_PEERS. Safe to run again.
set -euo pipefail
peers=${SEKISHO_PEERS:-/var/tmp/sekisho-peers}
export DEBIAN_FRONTEND=noninteractive
mkdir -p "$peers"

# Installed servers must not start by themselves.
policy=/usr/sbin/policy-rc.d
[ -e "$policy" ] || { printf '#!/bin/sh\nexit 101\n' > "$policy"; chmod +x "$policy"; made_policy=yes; }
trap '[ -z "${made_policy:-}" ] || rm -f "$policy"' EXIT

need=()
for package in unbound nsd bind9 ldnsutils bind9-utils bind9-dnsutils openssl gnutls-bin git iproute2 util-linux strace; do
  dpkg -s "$package" 2>/dev/null | grep -q '^Status: install ok installed' || need+=("$package")
done
# The roots use the machine's own package lists.
[ -n "$(find /var/lib/apt/lists -name '*Packages*' -print -quit)" ] && [ ${#need[@]} -eq 0 ] || apt-get update -qq
[ ${#need[@]} -eq 0 ] || apt-get install -y -qq --no-install-recommends "${need[@]}" > "$peers/apt.log" 2>&1 || { cat "$peers/apt.log"; exit 1; }

root() { # name packages…
  local name=$1; shift
  local root=$peers/$name/root
  mkdir -p "$root" "$peers/$name/upper" "$peers/$name/work"
  mountpoint -q "$root" || mount -t overlay overlay -o "lowerdir=/,upperdir=$peers/$name/upper,workdir=$peers/$name/work" "$root"
  mountpoint -q "$root/proc" || mount -t proc proc "$root/proc"
  local device
  for device in null:1:3 zero:1:5 random:1:8 urandom:1:9; do
    IFS=: read -r file major minor <<< "$device"
    [ -c "$root/dev/$file" ] || { rm -f "$root/dev/$file"; mknod -m 666 "$root/dev/$file" c "$major" "$minor"; }
  done
  [ -e "$root/.installed" ] && return
  echo relay.interop.test > "$root/etc/mailname"
  echo 'postfix postfix/main_mailer_type select No configuration' | chroot "$root" debconf-set-selections
  chroot "$root" apt-get install -y -qq --no-install-recommends "$@" > "$peers/$name/apt.log" 2>&1 || { cat "$peers/$name/apt.log"; exit 1; }
  touch "$root/.installed"
}
root postfix postfix
root exim exim4-daemon-heavy
echo "peers are ready in $peers"
