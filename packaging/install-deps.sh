#!/bin/sh
# install-deps.sh LIST...: installs the Debian packages of the lists that are
# missing. Asks first when a person is there to answer; with CI=true,
# ASSUME_YES=1 or no terminal it goes ahead. Says and does nothing when
# everything is there.
set -eu

missing=
while read -r package command; do
	case $package in
	'' | '#'*) continue ;;
	esac
	if [ -n "$command" ] && command -v "$command" >/dev/null 2>&1; then
		continue
	fi
	status=$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null || true)
	if [ "$status" != 'install ok installed' ]; then
		missing="$missing $package"
	fi
done <<EOF
$(cat "$@")
EOF
[ -n "$missing" ] || exit 0

if ! command -v apt-get >/dev/null 2>&1; then
	echo "This system has no apt-get. Install what Debian calls:$missing" >&2
	exit 1
fi
as_root=
if [ "$(id -u)" -ne 0 ]; then
	if ! command -v sudo >/dev/null 2>&1; then
		echo "Packages are missing, and there is no sudo. As root, run:" >&2
		echo "  apt-get install --no-install-recommends$missing" >&2
		exit 1
	fi
	as_root=sudo
fi

if [ "${CI:-}" != true ] && [ "${ASSUME_YES:-}" != 1 ] && [ -t 0 ]; then
	echo "These Debian packages are missing:$missing"
	printf 'Install them with apt-get? [Y/n] '
	read -r answer
	case $answer in
	'' | [Yy]*) ;;
	*) exit 1 ;;
	esac
fi
$as_root apt-get update -q
# shellcheck disable=SC2086 # a list of words
$as_root env DEBIAN_FRONTEND=noninteractive \
	apt-get install -q -y --no-install-recommends $missing
