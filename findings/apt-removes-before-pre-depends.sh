#!/usr/bin/env bash
# apt 2.6.1 of Debian 12: a package that conflicts is removed before what the new one needs first (Pre-Depends) is even unpacked.
#
# One would expect: Pre-Depends is what has to be there before anything of a package is done; so a helper named there can look at the system while
# the package that gives way is still in place, and stop the change if it must not go.
# Seen: apt removes the package that gives way first of all, then installs the helper, then the package; with Conflicts and with Breaks. Only where both
# have one name, so that the one is an upgrade of the other, does the new package's preinst run while the old one is there.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
chmod 755 .
[[ $(apt-get --version) = 'apt 2.6.1 '* ]] || { echo "this is for apt 2.6.1, and here is $(apt-get --version | head -n 1)"; exit 1; }

# package NAME VERSION FIELDS
package() {
  mkdir -p "$1-$2/DEBIAN"
  printf 'Package: %s\nVersion: %s\nArchitecture: all\nMaintainer: nobody <nobody@localhost>\nDescription: a package\n%b' "$1" "$2" "$3" > "$1-$2/DEBIAN/control"
  dpkg-deb --root-owner-group --build "$1-$2" "${4:-$1}.deb" > /dev/null
}
package old 1 ''
package helper 1 ''
package new 1 'Pre-Depends: helper\nConflicts: old\nReplaces: old\nProvides: old\n'
package new 1 'Pre-Depends: helper\nBreaks: old\nReplaces: old\n' new-breaks
package old 2 'Pre-Depends: helper\n' old-2

# A system that has the old one alone
mkdir -p state/lists/partial cache/archives/partial etc
{ dpkg-deb --field old.deb; echo 'Status: install ok installed'; } > status
order() {
  echo "$*:"
  apt-get --simulate -o Dir::Etc="$work/etc" -o Dir::State="$work/state" -o Dir::State::status="$work/status" -o Dir::Cache="$work/cache" \
    --yes install "$@" 2> /dev/null | sed -n 's/^\(Remv\|Inst\|Conf\) \([a-z]*\).*/  \1 \2/p' | tee order
}
order ./new.deb ./helper.deb
[ "$(head -n 1 order)" = '  Remv old' ] || { echo "not as seen"; exit 1; }
order ./new-breaks.deb ./helper.deb
[ "$(head -n 1 order)" = '  Remv old' ] || { echo "not as seen"; exit 1; }
order ./old-2.deb ./helper.deb
[ "$(head -n 1 order)" = '  Inst helper' ] || { echo "not as seen"; exit 1; }
echo "as seen: what gives way is removed first, unless it is upgraded"
