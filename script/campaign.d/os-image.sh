#!/bin/bash
# os-image [--rounds N] [--only REGEX]: what it takes to write the image of an operating system, by ignite and by others; needs root
set -euo pipefail
cd "$(dirname "$0")/../.."

packages=(cpio dbus mmdebstrap openssl rauc squashfs-tools swupdate zstd)
dpkg-query --show "${packages[@]}" > /dev/null || {
  echo "script/campaign os-image: apt-get install --no-install-recommends ${packages[*]}" >&2
  exit 1
}
if [[ -z ${IGNITE_BIN-} ]]; then
  cmake --preset release > /dev/null
  cmake --build --preset release --target ignite ignite-pack
  export IGNITE_BIN=build/release/bin
fi
IGNITE_CACHE=.cache exec bench/os_image.py "$@"
