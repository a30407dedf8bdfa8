#!/usr/bin/env bash
# Installs with apt what the tests of sandboxes need and is missing: bubblewrap and a Docker engine.
# Where that cannot be done those tests are skipped, and scripts/test_all.sh says at its end for want of what.
set -uo pipefail

packages=()
command -v bwrap >/dev/null || packages+=(bubblewrap)
command -v dockerd >/dev/null || packages+=(docker.io iptables)
[ ${#packages[@]} -gt 0 ] || exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || exit 0
    as_root=(sudo --non-interactive)
fi
command -v apt-get >/dev/null || exit 0
echo "Installing ${packages[*]} ..."
"${as_root[@]}" apt-get update -qq
# A service of the system's own is not wanted: the tests start an engine, and end it.
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
    apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null || echo "apt-get did not install them"
