#!/bin/sh
# debian-packages.sh PACKAGE...: installs those of the packages that are missing, as root or with sudo.
set -eu

missing=
for package; do
  dpkg-query --show --showformat '${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed ||
    missing="$missing $package"
done
[ -n "$missing" ] || exit 0

echo "installing$missing"
as_root=
[ "$(id -u)" = 0 ] || as_root=sudo
apt_get() {
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get --quiet "$@"
}
install() {
  apt_get install --yes --no-install-recommends $missing
}
# On a fresh machine the lists of packages are missing; on an old one they name files that are gone.
apt-get --simulate install $missing >/dev/null 2>&1 || apt_get update
install || { apt_get update && install; }
