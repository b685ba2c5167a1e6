#!/usr/bin/env bash
# Prepares a Debian machine for `npm run bench`: name servers and tools from Debian, the load programs compiled, Postfix in
# a root of its own laid over the machine's tree. Needs root; touches nothing but Debian packages and $BENCH_DIR. Safe to
# run again. NO_POSTFIX=1 leaves Postfix out.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
dir=${BENCH_DIR:-/var/tmp/sekisho-bench}
export DEBIAN_FRONTEND=noninteractive
mkdir -p "$dir/bin" "$dir/postfix"/{root,upper,work}

# Installed servers must not start by themselves.
policy=/usr/sbin/policy-rc.d
[ -e "$policy" ] || { printf '#!/bin/sh\nexit 101\n' > "$policy"; chmod +x "$policy"; made_policy=yes; }
trap '[ -z "${made_policy:-}" ] || rm -f "$policy"' EXIT

installed() { dpkg -s "$1" 2>/dev/null | grep -q '^Status: install ok installed'; }
need=()
for package in golang-go unbound nsd ldnsutils openssl iproute2 strace; do installed "$package" || need+=("$package"); done
# The root of Postfix uses the machine's own package lists.
[ -n "$(find /var/lib/apt/lists -name '*Packages*' -print -quit)" ] && [ ${#need[@]} -eq 0 ] || apt-get update -qq
[ ${#need[@]} -eq 0 ] || apt-get install -y -qq --no-install-recommends "${need[@]}" > "$dir/apt.log" 2>&1 || { cat "$dir/apt.log"; exit 1; }

(cd "$here/go" && go build -o "$dir/bin/" ./...)

# Mounted for the installation only; the bench mounts it in its own namespace.
install_postfix() {
  local tree=$dir/postfix/root
  mount -t overlay overlay -o "lowerdir=/,upperdir=$dir/postfix/upper,workdir=$dir/postfix/work" "$tree"
  mount --bind /dev "$tree/dev"
  mount -t proc proc "$tree/proc"
  echo relay.bench.test > "$tree/etc/mailname"
  echo 'postfix postfix/main_mailer_type select No configuration' | chroot "$tree" debconf-set-selections
  chroot "$tree" apt-get install -y -qq --no-install-recommends postfix
}
if [ -z "${NO_POSTFIX:-}" ] && [ ! -e "$dir/postfix/upper/usr/sbin/postfix" ]; then
  export dir
  export -f install_postfix
  unshare --mount bash -euc install_postfix > "$dir/postfix/apt.log" 2>&1 || { cat "$dir/postfix/apt.log"; exit 1; }
fi
echo "the bench is ready in $dir"
